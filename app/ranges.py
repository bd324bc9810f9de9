"""Numbers on the command line, as far as Kafka, Postgres and arithmetic can hold them."""

import math
from typing import Any

import click


class Amount(click.FloatRange):
    """Finite: NaN lies within any bounds, for no comparison holds of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # as click has it
        """The number."""
        found = super().convert(value, param, ctx)
        return found if math.isfinite(found) else self.fail(f"{value!r} is no finite number", param, ctx)


PARTITION = click.IntRange(0, 2**31 - 1)
OFFSET = click.IntRange(0, 2**63 - 1)
COUNT = click.IntRange(1, 2**63 - 1)
SEEDS = click.IntRange(0, 2**31)
ROWS = click.IntRange(100, 10_000_000)
"""As many as fit into the memory of one machine."""
CHAT = click.IntRange(-(2**52), 2**52)
"""Ids of Telegram."""
