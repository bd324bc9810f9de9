"""What bad input gets, and which tests show it: `python -m tests.bad_input` writes docs/bad-input.md anew."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "bad-input.md"
MARKER = "bad_input"


class Row(NamedTuple):
    """A kind of bad input; a test shows it by `@pytest.mark.bad_input(<input>)`."""

    input: str
    gets: str


ROWS = (
    Row("NaN, Infinity or 1e999 as a sensor", "dead letter"),
    Row("an integer of 5000 digits as a sensor", "dead letter"),
    Row("a number past four bytes as a sensor", "stored, flagged out of range, not scored"),
    Row("a sensor as text, true, an array, an object, or in Arabic digits", "dead letter"),
    Row("another word than a sensor's `[csv.values]` list", "dead letter that names the field"),
    Row("nesting 100 000 deep", "dead letter"),
    Row("invalid UTF-8 in a declared field, or in a field's name", "dead letter"),
    Row("UTF-16", "dead letter"),
    Row("a byte order mark", "dead letter"),
    Row("a lone surrogate", "dead letter"),
    Row("U+0000 in text", "dead letter"),
    Row("trailing garbage", "dead letter"),
    Row("an empty value", "dead letter"),
    Row("an array, a string, a number, true or null at the top", "dead letter"),
    Row("1e999, 5000 digits, invalid UTF-8 or U+0000 in an unknown field", "kept as bytes, the reading is good"),
    Row("the same field twice", "the last one counts"),
    Row("a missing or ill-typed id, device, time or sensors", "dead letter that names the field"),
    Row(
        "a value over the size limit (`MESSAGE_LIMIT_BYTES`)",
        "dead letter with its first 4 KB and the sha256 of the whole; never decoded",
    ),
    Row("tombstone (null value)", "counted, dead letter with the reason `tombstone`"),
    Row("a required sensor null or missing", "stored, flagged, not scored; no machine fault"),
    Row("a sensor out of the physical range", "stored, flagged, not scored; no machine fault"),
    Row("a sensor stuck for N readings (`stuck_after`)", "stored, flagged, not scored; no machine fault"),
    Row("such readings again and again (`[sensor_faults]`)", "a sensor incident, with an alert that names the sensor"),
    Row("an optional sensor null or missing", "scored: the model's imputer fills it in"),
    Row("an unknown sensor or field", "kept raw and counted in `reading_extra`, ignored for scoring"),
    Row("an unknown device", "registered; dead letter where the machine lists its `devices`"),
    Row("a device name of 10 KB, empty, or with control, bidi or zero-width characters", "dead letter"),
    Row('Kafka key ≠ device (where the machine says `key = "device"`)', "dead letter"),
    Row("a time without zone", "dead letter, unless the machine names its `time_zone`"),
    Row("a time not written as the machine's `time_format`", "dead letter"),
    Row("a year outside 1990–2099", "dead letter"),
    Row("a time in the future past `future_after`", "stored, flagged, not scored; the watermark stays"),
    Row("a time further behind the newest than `late_after`", "stored, flagged, not scored; live state stays"),
    Row("the same id again within the window", "duplicate, counted"),
    Row("`<b>`, `&`, Markdown or a URL in a device name, text past 4096 characters", "shown as text, cut safely"),
    Row("SQL or script in any field", "stored literally"),
)

_HEAD = """# Bad input and what it gets

A *dead letter* is kept whole, with its headers, position, stage and reason, and the rest of the batch goes on. A
*flagged* reading is stored and not scored: a doubtful sensor or clock is not a fault of the machine.

This table is written by `python -m tests.bad_input` from the tests that name its rows.

| input | gets | shown by |
|---|---|---|
"""


def shown_by() -> dict[str, list[str]]:
    """Row → the tests that say that they show it, in order of name."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test, row in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(row, []).append(test)
    return {row: sorted(tests) for row, tests in found.items()}


def document() -> str:
    """docs/bad-input.md as it should be. KeyError names a row that no test shows."""
    tests = shown_by()
    lines = [f"| {row.input} | {row.gets} | {', '.join(f'`{name}`' for name in tests[row.input])} |" for row in ROWS]
    return _HEAD + "\n".join(lines) + "\n"


def _marked(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                match decorator:
                    case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(value=str(row))]) if name == MARKER:
                        yield node.name, row


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
