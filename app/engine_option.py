"""Which engine works on files: this process, or a Spark cluster."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from core.errors import UserError

_HERE = "local[*]"


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--engine` and `--master`. Raises UserError where a cluster is named and Spark is not asked for."""

    @wraps(command)
    def checked(*args: Any, engine: str, master: str | None, **others: Any) -> Any:
        if master is not None and engine != "spark":
            raise UserError(f"--master {master} is where Spark runs: add --engine spark")
        return command(*args, engine=engine, master=master or _HERE, **others)

    with_master = click.option(
        "--master", help=f"With --engine spark: where it runs, spark://HOST:PORT.  [default: {_HERE}]"
    )
    with_engine = click.option(
        "--engine",
        type=click.Choice(["local", "spark"]),
        default="local",
        show_default=True,
        help="This process, or Apache Spark: a file a task.",
    )
    return with_engine(with_master(checked))
