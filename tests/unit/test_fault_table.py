"""Every fault of the contract has a test, and the document says which."""

from tests.fault_table import DOCUMENT, ROOT, shown, written
from tests.faults.catalogue import FAULTS


def test_every_fault_has_a_test_that_shows_how_it_is_survived() -> None:
    assert {test.fault for test in shown()} == set(FAULTS)


def test_the_document_is_what_the_tests_marks_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == written(), "write it anew: python -m tests.fault_table"


def test_every_scenario_ends_with_the_check_of_its_invariants() -> None:
    for file in {test.file for test in shown() if test.file.startswith("tests/faults/")}:
        source = (ROOT / file).read_text(encoding="utf-8")
        for scenario in source.split("@survives(")[1:]:
            assert "rig.survived(" in scenario, f"{file}: {scenario.splitlines()[0]}"
