"""Text with HTML entities, parsed as strictly as Telegram does."""

import html
import re

from tests.fake_telegram.refusal import bad_request

_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote", "tg-spoiler"}
_TAG = re.compile(r"<(/?)([a-zA-Z-]*)([^<>]*)>")


def plain_text(text: str, parse_mode: str) -> str:
    """The text that people see. Refused where the markup is broken, or the text is empty or too long."""
    seen = _without_tags(text) if parse_mode.upper() == "HTML" else text
    if not seen.strip():
        raise bad_request("message text is empty")
    if len(seen.encode("utf-16-le")) // 2 > 4096:
        raise bad_request("message is too long")
    return seen


def _without_tags(text: str) -> str:
    opened: list[str] = []
    pieces, position = [], 0
    for found in _TAG.finditer(text):
        pieces.append(_characters(text[position : found.start()], position))
        closing, name = found.group(1), found.group(2).lower()
        if name not in _TAGS:
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {found.start()}')
        if not closing:
            opened.append(name)
        elif not opened or opened.pop() != name:
            raise bad_request(f"can't parse entities: Unexpected end tag at byte offset {found.start()}")
        position = found.end()
    pieces.append(_characters(text[position:], position))
    if opened:
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1]}\"")
    return "".join(pieces)


def _characters(text: str, position: int) -> str:
    if "<" in text:
        raise bad_request(f"can't parse entities: Unclosed start tag at byte offset {position + text.index('<')}")
    return html.unescape(text)
