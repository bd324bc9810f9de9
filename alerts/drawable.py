"""Names of strangers in a picture: whatever they hold, they are drawn as text."""

from matplotlib.font_manager import FontProperties, findfont, get_font

_UNKNOWN = "?"


def drawable(text: str, limit: int) -> str:
    """The text on one line, at most so many characters, with ? for what the font cannot draw."""
    font = get_font(findfont(FontProperties()))
    shown = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(char if char.isprintable() and font.get_char_index(ord(char)) else _UNKNOWN for char in shown)
