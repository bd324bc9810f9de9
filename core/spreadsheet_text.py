"""Texts in CSV files, as a spreadsheet shows them instead of computing them."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet begins to compute what it finds in a cell."""


def spreadsheet_text(words: str) -> str:
    """With an apostrophe before what would be a formula."""
    return f"'{words}" if words.startswith(_FORMULA) else words
