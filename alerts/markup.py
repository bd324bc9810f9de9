"""How text looks in a channel: HTML for Telegram, plain for a terminal. Whatever a name contains stays text."""

import html
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Pieces are cut before they are escaped, so no cut can fall inside an entity; together they stay below 4096.
NAME_LIMIT = 200
TEXT_LIMIT = 800


@dataclass(frozen=True, slots=True)
class Markup:
    """A way to write text."""

    is_html: bool

    def text(self, raw: str, limit: int = TEXT_LIMIT) -> str:
        """The text as itself, on one line, cut to `limit` characters."""
        shown = cut("".join(_visible(character) for character in raw), limit)
        return html.escape(shown, quote=False) if self.is_html else shown

    def name(self, raw: str) -> str:
        """A name: data, so never a link, a mention or a command, whatever it looks like."""
        shown = self.text(raw, NAME_LIMIT)
        return f"<code>{shown}</code>" if self.is_html and shown else shown

    def table(self, rows: Sequence[str]) -> str:
        """Lines that were written already, in letters of one width."""
        written = "\n".join(rows)
        return f"<pre>{written}</pre>" if self.is_html else written

    def bold(self, written: str) -> str:
        """What was written already, in bold."""
        return f"<b>{written}</b>" if self.is_html else written


HTML = Markup(is_html=True)
PLAIN = Markup(is_html=False)


def cut(raw: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something was cut."""
    return raw if len(raw) <= limit else raw[: limit - 1] + "…"


def _visible(character: str) -> str:
    """A space for line breaks and control characters, nothing for invisible and direction-changing ones."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in ("Cf", "Cs") else character
