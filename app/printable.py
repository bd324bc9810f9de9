"""Bytes and text of strangers on a terminal: nothing in them is obeyed."""

_SHOWN = 2000


def printable(value: bytes | str, limit: int = _SHOWN) -> str:
    """The text on one line, with escapes for what is no plain character (control, bidi, zero-width, bad UTF-8)."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text[:limit])
    return shown if len(text) <= limit else f"{shown}… ({len(text)} characters)"
