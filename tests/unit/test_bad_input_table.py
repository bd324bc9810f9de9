"""docs/bad-input.md cannot go stale."""

from tests.bad_input import DOCUMENT, ROWS, document, shown_by


def test_every_row_is_shown_by_a_test_and_every_mark_names_a_row() -> None:
    assert set(shown_by()) == {row.input for row in ROWS}


def test_the_table_names_the_tests_that_there_are() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "stale: run python -m tests.bad_input"
