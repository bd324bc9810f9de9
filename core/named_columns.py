"""The columns that a file has, in the words of a refusal."""

from collections.abc import Iterable

_MOST = 20
_LONGEST = 40


def named_columns(columns: Iterable[str]) -> str:
    """In quotes and in their order; of many the first, and of a long name its beginning: a refusal stays a line."""
    names = list(columns)
    shown = ", ".join(repr(name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…") for name in names[:_MOST])
    return shown if len(names) <= _MOST else f"{shown} and {len(names) - _MOST} more"
