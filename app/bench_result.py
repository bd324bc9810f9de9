"""What every bench is asked for, and where its result goes."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from app.new_file import NewFile
from app.settings import Settings
from app.wiring import data_directory
from bench.report import write
from bench.results import FOLDER

quick_option = click.option(
    "--quick", is_flag=True, help="Small counts, to see that it works; its figures mean nothing."
)
out_option = click.option(
    "--out",
    type=NewFile(),
    help="Write the result there.  [default: bench/results, unless --quick]",
)


def save(settings: Settings, name: str, quick: bool, out: Path | None, result: Mapping[str, Any], began: float) -> Path:
    """Write the result and say where it is and how long it took; returns the file."""
    file = out or (data_directory(settings) / f"quick-{name}.json" if quick else FOLDER / f"{name}.json")
    write(file, {"quick": quick, **result})
    click.echo(f"written to {file} ({time.monotonic() - began:.0f} s)")
    return file
