"""`machines`: a new machine from a file of labelled rows."""

from pathlib import Path

import click
import msgspec

from app.cli import settings_of
from app.ranges import SEEDS
from app.training_report import words
from app.wiring import ROOT
from core.errors import UserError
from core.machine_file import parse_machine
from core.machine_text import machine_text
from core.sensor import Name
from model.csv_history import read_history
from model.fit import train
from model.guessed_machine import guess_machine
from model.recipe import Recipe


@click.group(short_help="A new machine from a CSV file: new.")
def command() -> None:
    """Machines: each is a file of the folder MACHINES_DIRECTORY."""


@command.command("new")
@click.argument("name")
@click.option("--csv", "csv_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--label", required=True, help="The column that says whether a row was a fault.")
@click.option("--fault", "fault_value", help="Its value that means fault; not given: guessed, and said why.")
@click.option("--seed", default=0, show_default=True, type=SEEDS, help="Of every random draw.")
@click.pass_context
def new(ctx: click.Context, name: str, csv_file: Path, label: str, fault_value: str | None, seed: int) -> None:
    """Write NAME.toml with sensors, usual ranges and dialect guessed from labelled rows, and say how good a model gets.

    Needs no server, and overwrites no file. Every guess is said: read the file, correct it, then train for good.
    """
    _need_name(name)
    target = ROOT / settings_of(ctx).machines_directory / f"{name}.toml"
    if target.exists():
        raise UserError(f"{target} exists already: name another machine, or move that file away")
    guessed = guess_machine(name, csv_file, label, fault_value, _say)
    written = machine_text(guessed, f"Guessed from {csv_file.name}: read it, correct it, then train.")
    machine = parse_machine(written, name, target.name)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(written)
    except OSError as error:
        raise UserError(f"{target} cannot be written: {error.strerror}") from error
    click.echo(f"written: {target}")
    candidate = train(machine, read_history(csv_file, machine), Recipe(seed=seed), [], _say)
    click.echo(words(candidate, None))
    click.echo(f"to put it into service: ./run train {name} --csv {csv_file}")


def _need_name(name: str) -> None:
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        raise UserError(
            f"{name} cannot name a machine: a name begins with a letter and has at most 48 lower case letters, digits"
            " and _"
        ) from None


def _say(line: str) -> None:
    click.echo(line, err=True)
