"""Columns of a file that differ from what a machine's file says, named on the command line."""

from collections.abc import Sequence

import click

from core.errors import UserError

map_option = click.option(
    "--map", "maps", metavar="SENSOR=COLUMN", multiple=True, help="A column of the file; also device, time."
)


def column_map(texts: Sequence[str]) -> dict[str, str]:
    """Sensor → column. UserError where a text is no such pair."""
    return dict(map(_pair, texts))


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise UserError(f"--map {text}: write SENSOR=COLUMN, such as --map temperature=Temp")
    return name, column
