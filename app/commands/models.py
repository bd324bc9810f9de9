"""`models`: what versions there are, whether they can be trusted, who is champion, and others' models."""

from pathlib import Path

import click
import msgspec

from app.cli import settings_of
from app.commands.models_mirror import mirror
from app.machines import pick_machine
from app.mirroring import show_in_mirror
from app.models import model_source
from app.person import person
from app.ranges import COUNT
from app.settings import Settings
from app.version_meant import version_meant
from app.wiring import database, machines, resolved
from core.champion_move import Kind, Move
from core.errors import ModelRefused, UserError
from core.machine import Machine
from core.prediction import ModelVersion
from core.rollback import before_last
from db.engine import Engine
from db.model_versions import ListedVersion, PostgresModelVersions
from db.promotion_log import PostgresPromotionLog
from model.moving import move_champion

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_by = click.option("--as", "name", default=None, help="Who decides; not given: your login.")


@click.group(short_help="List, show, verify, import, promote, roll back versions.")
def command() -> None:
    """List, show, verify, import, promote, roll back versions."""


command.add_command(mirror)


@command.command("list")
@click.argument("machine")
@_as_json
@click.pass_context
def list_versions(ctx: click.Context, machine: str, as_json: bool) -> None:
    """Every version of MACHINE, newest first; the champion has a star."""
    _, chosen, engine = _opened(ctx, machine)
    found = PostgresModelVersions(engine).listing(chosen.name)
    if as_json:
        click.echo(msgspec.json.encode(found))
    elif not found:
        click.echo(f"{machine} has no version yet: ./run train {machine} --simulate")
    else:
        click.echo("\n".join(map(_line, found)))


@command.command()
@click.argument("machine")
@click.argument("number", type=COUNT, required=False)
@_as_json
@click.pass_context
def show(ctx: click.Context, machine: str, number: int | None, as_json: bool) -> None:
    """The signed manifest of version NUMBER (not given: the champion) and its promotions."""
    settings, chosen, engine = _opened(ctx, machine)
    version = version_meant(engine, chosen, number)
    manifest = model_source(settings, engine).manifest(chosen, version)
    history = PostgresPromotionLog(engine, "").history(machine)
    promotions = [entry for entry in history if entry.number == version.number]
    shown = msgspec.json.encode({"manifest": manifest, "promotions": promotions})
    click.echo(shown if as_json else msgspec.json.format(shown, indent=2))


@command.command()
@click.argument("machine")
@click.argument("number", type=COUNT, required=False)
@_as_json
@click.pass_context
def verify(ctx: click.Context, machine: str, number: int | None, as_json: bool) -> None:
    """Run every check of loading on version NUMBER (not given: the champion). Exit code 1: refused."""
    settings, chosen, engine = _opened(ctx, machine)
    version = version_meant(engine, chosen, number)
    steps: list[str] = []
    refusal = ""
    try:
        model_source(settings, engine).verify(chosen, version, steps.append)
    except ModelRefused as error:
        refusal = str(error)
    if as_json:
        report = {"machine": machine, "version": version.number, "good": not refusal, "steps": steps, "reason": refusal}
        click.echo(msgspec.json.encode(report))
    else:
        lines = [f"ok  {step}" for step in steps]
        click.echo("\n".join([*lines, f"REFUSED  {refusal}" if refusal else f"{version} is good"]))
    if refusal:
        ctx.exit(1)


@command.command()
@click.argument("machine")
@click.argument("number", type=COUNT)
@click.option("--force", is_flag=True, help="Override the gate; needs --as and --reason.")
@_by
@click.option("--reason", default="", help="Why, for those who come after.")
@click.pass_context
def promote(ctx: click.Context, machine: str, number: int, force: bool, name: str | None, reason: str) -> None:
    """Make version NUMBER champion against the gate's word, by name and with a reason; both are recorded for good."""
    if not (force and name and name.strip() and reason.strip()):
        raise UserError(
            "a promotion by hand overrides the gate: give --force --as YOUR-NAME --reason WHY "
            f"(./run train {machine} and ./run retrain {machine} promote through the gate)"
        )
    settings, chosen, engine = _opened(ctx, machine)
    _move(settings, chosen, engine, ModelVersion(machine, number), "override", name, reason)


@command.command()
@click.argument("machine")
@_by
@click.option("--reason", default="rolled back", help="Why, for those who come after.")
@click.pass_context
def rollback(ctx: click.Context, machine: str, name: str | None, reason: str) -> None:
    """Put the champion before this one back into service; once more goes one step further back."""
    settings, chosen, engine = _opened(ctx, machine)
    history = PostgresPromotionLog(engine, "").history(machine)
    number = before_last([(entry.kind, entry.number) for entry in history])
    if number is None:
        raise UserError(f"{machine} has no earlier champion to go back to")
    _move(settings, chosen, engine, ModelVersion(machine, number), "rollback", name or person(), reason)


@command.command("import")
@click.argument("machine")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--csv", "csv_file", required=True, type=FILE, help="Labelled rows to judge it on and to retrain with.")
@click.option(
    "--sensors", metavar="SENSOR,…", default="", help="Which sensors its columns are, in its order, where not all are."
)
@click.option("--trust", is_flag=True, help="Open them: a pickle is a program, and runs when it is read.")
@_by
@_as_json
@click.pass_context
def bring(
    ctx: click.Context,
    machine: str,
    files: tuple[Path, ...],
    csv_file: Path,
    sensors: str,
    trust: bool,
    name: str | None,
    as_json: bool,
) -> None:
    """Make a version of a scaler and a classifier in FILES, pickled by pickle or joblib: both, or a pipeline of them.

    It is promoted where MACHINE has no champion yet. Else try it in the shadow, then promote it by name.
    """
    if not trust:
        raise UserError("a pickle is a program that runs when it is read: look whom these are from, then add --trust")
    from app.importing import import_model  # pandas and matplotlib, which the other commands do without
    from app.training_report import report, words

    settings, chosen, engine = _opened(ctx, machine)
    named = [sensor.strip() for sensor in sensors.split(",") if sensor.strip()]
    found = import_model(settings, engine, chosen, files, csv_file, name or person(), named, _said)
    click.echo(msgspec.json.encode(report(*found)) if as_json else words(found.candidate, found.outcome))
    show_in_mirror(settings, chosen)


def _said(line: str) -> None:
    click.echo(line, err=True)


def _move(
    settings: Settings, machine: Machine, engine: Engine, version: ModelVersion, kind: Kind, name: str, reason: str
) -> None:
    """Move the champion, once the version is proven good: a champion that every consumer refuses helps nobody."""
    promotions = PostgresPromotionLog(engine, "")
    current = promotions.champion(machine.name)
    if current == version:
        raise UserError(f"{version} is champion already")
    wish = Move(version, current, kind, name, reason)
    source = model_source(settings, engine)
    click.echo(move_champion(promotions, source, machine, wish, lambda step: click.echo(f"ok  {step}", err=True)))
    show_in_mirror(settings, machine)


def _opened(ctx: click.Context, machine: str) -> tuple[Settings, Machine, Engine]:
    settings = resolved(settings_of(ctx))
    chosen = pick_machine(machines(settings), machine)
    return settings, chosen, database(settings, "trainer")


def _measure(value: object) -> str:
    """None: its hold-out has no fault."""
    return f"{value:.3f}" if isinstance(value, float) else "  –  "


def _line(version: ListedVersion) -> str:
    star = "*" if version.champion else " "
    areas = f"PR-AUC {_measure(version.metrics.get('pr_auc'))}  F1 {_measure(version.metrics.get('f1'))}"
    made = f"{version.created_at:%Y-%m-%d %H:%M} UTC by {version.created_by}"
    report = f"\n      report {version.report}" if version.report else ""
    return (
        f"{star} v{version.number:<4} {version.algorithm:<4} {areas}  threshold {version.threshold:.3f}  {made}{report}"
    )
