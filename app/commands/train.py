"""`train`: a model from a CSV file or from the simulator."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from app.cli import settings_of
from app.engine_option import engine_options
from app.first_model import DEVICES, READINGS, SEED
from app.labelled_lake import LakeCounts
from app.machines import pick_machine
from app.mirroring import show_in_mirror
from app.person import person
from app.ranges import ROWS, SEEDS
from app.readings_place import ReadingsPlace, s3_option
from app.releases import release
from app.settings import Settings
from app.training_report import report, words, write_plots
from app.training_source import TrainingSource
from app.wiring import database, machines, resolved
from core.errors import UserError
from core.history import History
from core.machine import Machine
from core.training import LabelledIncident
from core.training_options import CHOICES, TrainingOptions
from model.base_data import base_data
from model.choosing import choose, require_choice
from model.fit import Candidate, train
from model.recipe import Recipe
from model.release import Outcome
from model.search_budget import Budget

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(short_help="Train a model and promote it if it is better.")
@click.argument("machine")
@click.option("--csv", "csv_file", type=_FILE, help="Labelled rows, in the CSV dialect of the machine's file.")
@click.option(
    "--lake",
    type=ReadingsPlace(),
    help="Labelled files of any number: all below a folder or s3://BUCKET/FOLDER/, without doubles.",
)
@click.option(
    "--most-rows",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(1),
    help="Of a lake: where there are more, so many are drawn.",
)
@s3_option
@engine_options
@click.option("--simulate", is_flag=True, help="Learn from simulated devices.")
@click.option("--rows", default=READINGS, show_default=True, type=ROWS, help="Simulated readings.")
@click.option(
    "--devices",
    default=DEVICES,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="Simulated devices: the more there are, the fewer healthy ones are unlike all that the model saw.",
)
@click.option(
    "--model",
    "algorithm",
    type=click.Choice(list(CHOICES)),
    help="Logistic regression, random forest, histogram gradient boosting, or the best of them; not given: random"
    " forest, and of a one-class machine its SVM.",
)
@click.option("--search", is_flag=True, help="Search for hyper-parameters: SEARCH_TRIALS trials in SEARCH_SECONDS.")
@click.option(
    "--split",
    default="stratified",
    show_default=True,
    type=click.Choice(["stratified", "time"]),
    help="Hold out a quarter of each class, or the latest quarter.",
)
@click.option("--augment", is_flag=True, help="Make faults up around the edges of the usual ranges.")
@click.option("--seed", default=SEED, show_default=True, type=SEEDS, help="Of every random draw.")
@click.option("--dry-run", is_flag=True, help="Only train and measure: needs no server, promotes nothing.")
@click.option(
    "--plots", type=_FOLDER, help="Write the curves, the confusion matrix and any principal components there."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def command(ctx: click.Context, /, machine: str, dry_run: bool, plots: Path | None, as_json: bool, **how: Any) -> None:
    """Train a model of MACHINE, measure it on a hold-out, publish it and promote it where the gate allows.

    The first model of a machine is promoted as it is; a later one must not be worse than the champion.
    """
    settings = settings_of(ctx)
    chosen = pick_machine(machines(settings), machine)
    if how["augment"] and chosen.target is not None:
        raise UserError(
            f"--augment makes faults up, and nobody measured the {chosen.target.name} of those: leave it away"
        )
    source = TrainingSource(**{name: how[name] for name in TrainingSource.__struct_fields__})
    recipe = Recipe(split=how["split"], augment=how["augment"], seed=how["seed"])
    options = TrainingOptions(how["algorithm"], search=how["search"])
    require_choice(chosen, options)
    budget = Budget(settings.search_trials, settings.search_seconds)
    if not dry_run:
        settings = resolved(settings)  # a server that is missing is said before the training, not after it
    history, lake = source.history(settings, chosen)
    _tell(history, lake)
    if dry_run:
        candidate, outcome = _trained(chosen, history, recipe, options, [], budget), None
    else:
        candidate, outcome = _train_and_offer(settings, chosen, history, recipe, options, budget)
    if plots:
        write_plots(plots, candidate)
    found = report(candidate, len(history), outcome, lake)
    click.echo(msgspec.json.encode(found) if as_json else words(candidate, outcome))
    if not dry_run:
        show_in_mirror(settings, chosen)


def _tell(history: History, lake: LakeCounts | None) -> None:
    if lake is not None:
        others = lake.rows - lake.left_out - lake.kept
        _progress(
            f"{lake.files:,} files, {lake.rows:,} rows; left out: {lake.left_out:,} that could not be scored,"
            f" {others:,} that are doubles or more than --most-rows"
        )
    _progress(f"{len(history):,} rows, {int(history.fault.sum()):,} of them faults")


def _train_and_offer(
    settings: Settings, machine: Machine, history: History, recipe: Recipe, options: TrainingOptions, budget: Budget
) -> tuple[Candidate, Outcome]:
    released = release(settings, database(settings, "trainer"))
    # People's verdicts teach this model too: what they refuted once must not come back with new base data.
    candidate = _trained(machine, history, recipe, options, released.labels.effective(machine), budget)
    return candidate, released.offer(candidate, base_data(machine, history), person(), _progress)


def _trained(
    machine: Machine,
    history: History,
    recipe: Recipe,
    options: TrainingOptions,
    incidents: Sequence[LabelledIncident],
    budget: Budget,
) -> Candidate:
    chosen = choose(machine, history, recipe, options, incidents, _progress, budget)
    return train(machine, history, chosen.recipe, incidents, _progress)


def _progress(line: str) -> None:
    click.echo(line, err=True)
