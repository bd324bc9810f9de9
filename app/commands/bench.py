"""`bench`: what the project promises of its speed, measured."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from app.cli import settings_of
from app.live_line import LiveLine
from app.log import set_up_logging
from app.machines import pick_machine
from app.new_file import NewFile
from app.ranges import SEEDS
from app.settings import Settings
from app.wiring import ROOT, data_directory, machines, with_local_stack
from bench import alerting, explaining, gating, growth, latency, learning
from bench.document import with_measured
from bench.installation import Installation
from bench.milling import read_milling
from bench.milling_report import Sizes, milling
from bench.plot import performance_png
from bench.report import report, write
from bench.results import FOLDER, read_results
from bench.stream import CONTENDERS, QUICK, SHADOW, Plan, stream
from core.errors import UserError
from local.detached import delete
from local.stack import Stack

DOCUMENT = ROOT / "docs" / "performance.md"

_out = click.option(
    "--out",
    type=NewFile(),
    help="Write the result there.  [default: bench/results, unless --quick]",
)


def _seeds(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    numbers = value.split(",")
    if not all(number.strip().isdecimal() for number in numbers):
        raise click.BadParameter(f"{value!r} is no list of numbers such as 1,2,3", param=parameter)
    return [SEEDS.convert(int(number), parameter, context) for number in numbers]


_quick = click.option("--quick", is_flag=True, help="Small counts, to see that it works; its figures mean nothing.")


@click.group(short_help="Measure throughput, latency and growth on this machine.")
def command() -> None:
    """Measure throughput, latency and growth on this machine, on real servers of its own; nothing else should run.

    A result names machine, versions, commit and settings. What the figures mean: docs/performance.md.
    """


@command.command("stream")
@_quick
@click.option(
    "--only", multiple=True, type=click.Choice((*CONTENDERS, SHADOW)), help="Only these; repeat it for several."
)
@click.option("--messages", type=click.IntRange(1), help="Readings of the backlog.  [default: 2000000]")
@click.option("--rounds", type=click.IntRange(1), help="How often; the median counts.  [default: 3]")
@_out
@click.pass_context
def stream_command(
    ctx: click.Context,
    quick: bool,
    only: tuple[str, ...],
    messages: int | None,
    rounds: int | None,
    out: Path | None,
) -> None:
    """Readings a second from Kafka to Postgres: ours, its limit, and others' ways."""
    usual = QUICK if quick else Plan()
    plan = replace(
        usual,
        messages=messages or usual.messages,
        rounds=rounds or usual.rounds,
        contenders=[name for name in (*CONTENDERS, SHADOW) if name in only] or CONTENDERS,
    )
    _measure(settings_of(ctx), "stream", quick, out, partial(stream, plan=plan))


@command.command("latency")
@_quick
@_out
@click.pass_context
def latency_command(ctx: click.Context, quick: bool, out: Path | None) -> None:
    """From produce() to committed in Postgres, at 200, 2 000 and 20 000 readings a second."""
    plan = latency.QUICK if quick else latency.Plan()
    _measure(settings_of(ctx), "latency", quick, out, partial(latency.latency, plan=plan))


@command.command("growth")
@_quick
@click.option("--only", multiple=True, type=click.Choice(growth.AXES), help="Only these; repeat it for several.")
@_out
@click.pass_context
def growth_command(ctx: click.Context, quick: bool, only: tuple[str, ...], out: Path | None) -> None:
    """What a reading costs as devices, stored readings, partitions and consumers grow."""
    plan = replace(growth.QUICK if quick else growth.Plan(), axes=only or growth.AXES)
    _measure(settings_of(ctx), "growth", quick, out, partial(growth.growth, plan=plan))


@command.command("alerts")
@_quick
@_out
@click.pass_context
def alerts_command(ctx: click.Context, quick: bool, out: Path | None) -> None:
    """From the reading that opens an incident to the message in a chat; what healthy devices cost."""
    plan = alerting.QUICK if quick else alerting.Plan()
    _measure(settings_of(ctx), "alerts", quick, out, partial(alerting.alerting, plan=plan))


@command.command("explain")
@_quick
@_out
@click.pass_context
def explain_command(ctx: click.Context, quick: bool, out: Path | None) -> None:
    """How long it takes to say which sensors pushed a prediction. Needs no server."""
    settings, began = settings_of(ctx), time.monotonic()
    machine = pick_machine(machines(settings), "equipment")
    plan = explaining.QUICK if quick else explaining.Plan()
    _save(settings, "explain", quick, out, explaining.explaining(machine, plan, partial(click.echo, err=True)), began)


@command.command("learning")
@_quick
@click.option("--seed", "one", type=SEEDS, help="This seed alone.")
@click.option("--seeds", callback=_seeds, default="1,2,3,4,5", show_default=True, help="Their median counts.")
@click.option("--ai4i", type=click.Path(path_type=Path), metavar="FILE", help="On AI4I 2020 instead of the simulator.")
@click.option("--question-seeds", type=click.IntRange(0), default=10, show_default=True, help="AI4I: questions alone.")
@_out
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
        _save(settings, "learning", quick, out, learning.learning(machine, plan, chosen, say), began)
        return
    data = read_milling(ai4i, pick_machine(found, "ai4i"))
    sizes = Sizes(chosen[:1], question_seeds=1, retrainings=1, often=1) if quick else Sizes(chosen, question_seeds)
    _save(settings, "learning_ai4i", quick, out, milling(data, sizes, say), began)


@command.command("gate")
@_quick
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True, help="How many.")
@_out
@click.pass_context
def gate_command(ctx: click.Context, quick: bool, seeds: int, out: Path | None) -> None:
    """Whether the gate refuses what is worse and promotes what is better. Needs no server."""
    settings, began = settings_of(ctx), time.monotonic()
    machine, plan = pick_machine(machines(settings), "equipment"), gating.QUICK if quick else gating.Plan()
    _save(
        settings, "gate", quick, out, gating.gating(machine, plan, range(seeds), partial(click.echo, err=True)), began
    )


@command.command("show")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=FOLDER, help="Of the benches.")
@click.option("--document", type=click.Path(path_type=Path), default=DOCUMENT, help="Whose measured part is written.")
def show_command(results: Path, document: Path) -> None:
    """Draw what was measured, and write it into docs/performance.md."""
    found = read_results(results)
    (results / "performance.png").write_bytes(performance_png(found))
    document.write_text(with_measured(document.read_text(encoding="utf-8"), found), encoding="utf-8")
    click.echo(f"written to {results / 'performance.png'} and {document}")


def _measure(
    settings: Settings,
    name: str,
    quick: bool,
    out: Path | None,
    bench: Callable[[Installation], Mapping[str, Any]],
) -> None:
    """Run a bench on servers of its own and write its report."""
    began = time.monotonic()
    with _installed(settings) as installation:
        result = report(installation, name, bench(installation))
    _save(settings, name, quick, out, result, began)


def _save(
    settings: Settings, name: str, quick: bool, out: Path | None, result: Mapping[str, Any], began: float
) -> None:
    file = out or (data_directory(settings) / f"quick-{name}.json" if quick else FOLDER / f"{name}.json")
    write(file, {"quick": quick, **result})
    click.echo(f"written to {file} ({time.monotonic() - began:.0f} s)")


@contextmanager
def _installed(settings: Settings) -> Iterator[Installation]:
    """Servers of the bench's own, empty, and gone afterwards."""
    if not settings.uses_local_stack:
        raise UserError(
            "the bench brings its own servers: unset KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, S3_ENDPOINT_URL"
        )
    ours = msgspec.structs.replace(settings, data_directory=str(data_directory(settings) / "bench"))
    set_up_logging(settings.log_format, "WARNING", settings.secrets())  # the live line tells the rest
    directory = data_directory(ours)
    delete(directory)
    line = LiveLine(sys.stderr)
    with ExitStack() as running:
        running.callback(line.end)
        running.callback(delete, directory)
        stack = running.enter_context(Stack.start(directory, report=line.say))
        environment = with_local_stack(ours, asdict(stack.addresses)).as_environment()
        yield Installation(environment, directory / "runs", line)
