"""docs/faults.md out of the tests' own marks: `python -m tests.fault_table` writes it."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

from tests.faults.catalogue import FAULTS, INVARIANTS

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "faults.md"
_HEAD = """\
# Faults that are survived

Written by `python -m tests.fault_table` out of the tests' marks. `./run test --faults` runs what is in `tests/faults`:
real processes under load, on real servers; something breaks, the test asserts that it did, what was broken is mended,
readings go on, all is drained, and then the invariants are checked. The chat is a stand-in for Telegram's Bot API that
refuses, loses and keeps waiting as the real one does.

"""


class Shown(NamedTuple):
    """A test that shows how a fault is survived."""

    fault: str
    test: str
    file: str
    invariants: tuple[str, ...]


def shown() -> Iterator[Shown]:
    """Every test with the mark, by fault."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "survives(" not in path.read_text(encoding="utf-8"):
            continue
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name, value in vars(module).items():
            if isinstance(value, FunctionType):
                for mark in getattr(value, "pytestmark", []):
                    if mark.name == "survives":
                        faults, invariants = mark.args
                        yield from (Shown(fault, name, str(path.relative_to(ROOT)), invariants) for fault in faults)


def written() -> str:
    """The document."""
    tests = list(shown())
    rows = [
        f"| {fault} | `{test.test}` | {' '.join(test.invariants)} |"
        for fault in FAULTS
        for test in tests
        if test.fault == fault
    ]
    meanings = [f"- **{name}** {meaning}." for name, meaning in INVARIANTS.items()]
    return _HEAD + "\n".join(
        ["| fault | shown by | invariants |", "|---|---|---|", *rows, "", "## Invariants", "", *meanings, ""]
    )


if __name__ == "__main__":
    DOCUMENT.write_text(written(), encoding="utf-8")
