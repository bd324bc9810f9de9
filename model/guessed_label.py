"""Which value of a label column means fault, guessed and said why."""

from typing import NamedTuple

import pandas as pd

from core.errors import UserError
from model.csv_history import is_absent

_FAULT = {
    "1",
    "1.0",
    "true",
    "yes",
    "y",
    "fault",
    "faulty",
    "failure",
    "failed",
    "fail",
    "broken",
    "bad",
    "nok",
    "anomaly",
}
_NORMAL = {"0", "0.0", "false", "no", "n", "ok", "normal", "good", "healthy", "pass", "passed", "none", "running"}
_COLUMN_OF_HEALTH = {"ok", "good", "healthy", "passed", "normal", "pass"}
_BARE = {"1", "1.0", "0", "0.0", "true", "false", "yes", "no", "y", "n"}


class GuessedLabel(NamedTuple):
    """The text that means fault, and why."""

    fault_value: str
    reason: str


def guess_label(column: str, cells: "pd.Series[str]") -> GuessedLabel:
    """Of two values, the one that means fault. UserError where there are fewer or more, or a row has none."""
    text = cells.str.strip()
    if is_absent(text[text.str.lower() != "none"]).any():
        raise UserError(f"column {column!r}: some rows have no label: every row of a training file needs one")
    counts = text.value_counts()
    values = [str(value) for value in counts.index]
    if len(values) != 2:
        some = ", ".join(map(repr, values[:6]))
        raise UserError(
            f"column {column!r} has {len(values)} values ({some}{', …' if len(values) > 6 else ''}), where a label has"
            " two: say which one means fault with --fault VALUE, every other is then normal"
        )
    by_word = {value.lower(): value for value in values}
    turned = column.strip().lower() in _COLUMN_OF_HEALTH and set(by_word) <= _BARE
    known = by_word.keys() & (_NORMAL if turned else _FAULT)
    if len(known) == 1 and len(by_word.keys() & (_FAULT if turned else _NORMAL)) <= 1:
        why = f"because the column is called {column!r}" if turned else "by the word"
        return GuessedLabel(by_word[known.pop()], why)
    return GuessedLabel(values[-1], f"the rarer of the two ({counts.iloc[-1]:,} of {len(text):,} rows)")
