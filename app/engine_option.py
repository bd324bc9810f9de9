"""Which engine works on files: this process, or a Spark cluster."""

from collections.abc import Callable
from typing import Any

import click


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--engine` and `--master`."""
    master = click.option(
        "--master", default="local[*]", show_default=True, help="With --engine spark: where it runs, spark://HOST:PORT."
    )
    engine = click.option(
        "--engine",
        type=click.Choice(["local", "spark"]),
        default="local",
        show_default=True,
        help="This process, or Apache Spark: a file a task.",
    )
    return engine(master(command))
