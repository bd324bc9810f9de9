"""`retrain`: ask the trainer for a model that learns from the labels."""

import time

import click
import msgspec

from app.cli import settings_of
from app.machines import pick_machine
from app.person import person
from app.wiring import database, machines, resolved
from core.errors import UserError
from core.training_options import CHOICES, Choice, TrainingOptions
from db.training import PostgresTrainingQueue, RequestState

_LOOK_EVERY_S = 0.3
_TAKEN_WITHIN_S = 15.0
_OVER = ("promoted", "refused", "trained", "failed")


class _Gate(msgspec.Struct, frozen=True):
    promote: bool


@click.command(short_help="Ask the trainer for a model that learns from the labels.")
@click.argument("machine")
@click.option(
    "--model",
    "algorithm",
    type=click.Choice(list(CHOICES)),
    help="Logistic regression, random forest, histogram gradient boosting or the best of them; not given: as before.",
)
@click.option("--search", is_flag=True, help="Search for hyper-parameters: SEARCH_TRIALS trials in SEARCH_SECONDS.")
@click.option("--dry-run", is_flag=True, help="Only say what the gate would decide: publishes and promotes nothing.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Show the progress and how it ended.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def command(
    ctx: click.Context, /, machine: str, algorithm: Choice | None, wait: bool, as_json: bool, **how: bool
) -> None:
    """Ask the trainer for a new model of MACHINE from its base data and every verdict.

    Exit code 0: promoted (or asked, with --no-wait); 1: refused or failed. Of a dry run: what would have been.
    """
    settings = resolved(settings_of(ctx))
    chosen = pick_machine(machines(settings), machine)
    queue = PostgresTrainingQueue(database(settings, "trainer"))
    options = TrainingOptions(algorithm, dry_run=how["dry_run"], search=how["search"])
    request = queue.ask(chosen, person(), "shell", options)
    click.echo(f"request {request}: a new model of {machine}", err=True)
    found = _followed(queue, request) if wait else queue.state(request)
    report = {"request": request, "machine": machine, "state": found.state, **found.result}
    click.echo(msgspec.json.encode(report) if as_json else _words(machine, request, found))
    if found.state in ("refused", "failed") or _would_be_refused(found):
        ctx.exit(1)


def _followed(queue: PostgresTrainingQueue, request: int) -> RequestState:
    """Waits for the end and shows each new line of progress. UserError where no trainer takes the request."""
    shown, give_up = 0, time.monotonic() + _TAKEN_WITHIN_S
    while True:
        found = queue.state(request)
        click.echo(found.progress[shown:], err=True, nl=False)
        shown = len(found.progress)
        if found.state in _OVER:
            return found
        if found.busy:
            give_up = time.monotonic() + _TAKEN_WITHIN_S
        elif time.monotonic() > give_up:
            raise UserError(f"no trainer takes request {request}: start one with ./run trainer; the request stays")
        time.sleep(_LOOK_EVERY_S)


def _would_be_refused(found: RequestState) -> bool:
    return found.state == "trained" and not msgspec.convert(found.result["gate"], _Gate).promote


def _words(machine: str, request: int, found: RequestState) -> str:
    if found.state not in _OVER:
        return f"request {request} is {found.state}"
    version = f" v{found.result['version']}" if "version" in found.result else ""
    how = f"; {found.result['how']}" if found.result.get("how") else ""
    ended = "dry run of" if found.state == "trained" else found.state
    held = (
        f"; {found.result['held']} verdicts wait for an engineer: ./run labels held" if found.result.get("held") else ""
    )
    return f"{ended} {machine}{version}: {found.result.get('reason', '')}{how}{held}"
