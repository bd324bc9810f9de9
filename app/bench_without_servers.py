"""The benches that need no server: what a model's pushes cost, whether answers teach, what the gate lets through."""

import time
from functools import partial
from pathlib import Path

import click

from app.bench_result import out_option, quick_option, save
from app.cli import settings_of
from app.machines import pick_machine
from app.ranges import SEEDS
from app.wiring import machines
from bench import explaining, gating, learning
from bench.learning_plot import learning_png
from bench.milling import read_milling
from bench.milling_report import Sizes, milling


def _seeds(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    numbers = value.split(",")
    if not all(number.strip().isdecimal() for number in numbers):
        raise click.BadParameter(f"{value!r} is no list of numbers such as 1,2,3", param=parameter)
    return [SEEDS.convert(int(number), parameter, context) for number in numbers]


@click.command("explain")
@quick_option
@out_option
@click.pass_context
def explain_command(ctx: click.Context, quick: bool, out: Path | None) -> None:
    """How long it takes to say which sensors pushed a prediction. Needs no server."""
    settings, began = settings_of(ctx), time.monotonic()
    machine = pick_machine(machines(settings), "equipment")
    plan = explaining.QUICK if quick else explaining.Plan()
    save(settings, "explain", quick, out, explaining.explaining(machine, plan, partial(click.echo, err=True)), began)


@click.command("learning")
@quick_option
@click.option("--seed", "one", type=SEEDS, help="This seed alone.")
@click.option("--seeds", callback=_seeds, default="1,2,3,4,5", show_default=True, help="Their median counts.")
@click.option("--ai4i", type=click.Path(path_type=Path), metavar="FILE", help="On AI4I 2020 instead of the simulator.")
@click.option("--question-seeds", type=click.IntRange(0), default=10, show_default=True, help="AI4I: questions alone.")
@out_option
@click.pass_context
def learning_command(
    ctx: click.Context,
    quick: bool,
    one: int | None,
    seeds: list[int],
    ai4i: Path | None,
    question_seeds: int,
    out: Path | None,
) -> None:
    """Whether people's answers make the model better. Needs no server."""
    settings, began, say = settings_of(ctx), time.monotonic(), partial(click.echo, err=True)
    chosen = seeds if one is None else [one]
    found = machines(settings)
    if ai4i is None:
        machine, plan = pick_machine(found, "equipment"), learning.QUICK if quick else learning.Plan()
        result = learning.learning(machine, plan, chosen, say)
        file = save(settings, "learning", quick, out, result, began)
        file.with_suffix(".png").write_bytes(learning_png(result))
        return
    data = read_milling(ai4i, pick_machine(found, "ai4i"))
    sizes = Sizes(chosen[:1], question_seeds=1, retrainings=1, often=1) if quick else Sizes(chosen, question_seeds)
    save(settings, "learning_ai4i", quick, out, milling(data, sizes, say), began)


@click.command("gate")
@quick_option
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True, help="How many.")
@out_option
@click.pass_context
def gate_command(ctx: click.Context, quick: bool, seeds: int, out: Path | None) -> None:
    """Whether the gate refuses what is worse and promotes what is better. Needs no server."""
    settings, began = settings_of(ctx), time.monotonic()
    machine, plan = pick_machine(machines(settings), "equipment"), gating.QUICK if quick else gating.Plan()
    save(settings, "gate", quick, out, gating.gating(machine, plan, range(seeds), partial(click.echo, err=True)), began)
