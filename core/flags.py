"""Flags: bits of a number that is written as hexadecimal text, such as `0x50005`."""

import math
import re
from collections.abc import Iterable

HIGHEST_BIT = 63
NO_FLAGS = "no flags such as 0x50005"
_WRITTEN = re.compile(r"0[xX][0-9a-fA-F]{1,16}", re.ASCII)


def read_flags(text: str) -> int | None:
    """The number; None where the text is none."""
    return int(text, 16) if _WRITTEN.fullmatch(text) else None


def flag(text: str, bit: int) -> float:
    """1 where the bit is set, else 0; NaN where the text holds no flags."""
    flags = read_flags(text)
    return math.nan if flags is None else float(flags >> bit & 1)


def flags_text(bits: Iterable[tuple[int, float]]) -> str:
    """Pairs of a bit and its value (0 or 1) as text; `` where a value is NaN."""
    known = list(bits)
    if any(math.isnan(value) for _, value in known):
        return ""
    return f"0x{sum(1 << bit for bit, value in known if value >= 0.5):x}"  # halfway
