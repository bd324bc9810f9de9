"""Numbers on the command line, as far as Kafka and Postgres can hold them."""

import click

PARTITION = click.IntRange(0, 2**31 - 1)
OFFSET = click.IntRange(0, 2**63 - 1)
COUNT = click.IntRange(1, 2**63 - 1)
