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

from app.bench_result import out_option, quick_option, save
from app.bench_without_servers import explain_command, gate_command, learning_command
from app.cli import settings_of
from app.live_line import LiveLine
from app.log import set_up_logging
from app.ranges import Amount
from app.settings import Settings
from app.wiring import ROOT, data_directory, with_local_stack
from bench import alerting, bulk, growth, latency, serving
from bench.document import with_measured
from bench.installation import Installation
from bench.plot import performance_png
from bench.report import report
from bench.results import FOLDER, read_results
from bench.stream import CONTENDERS, QUICK, SHADOW, Plan, stream
from core.errors import UserError
from local.detached import delete
from local.stack import Stack

DOCUMENT = ROOT / "docs" / "performance.md"


@click.group(short_help="Measure throughput, latency and growth on this machine.")
def command() -> None:
    """Measure throughput, latency and growth on this machine, on real servers of its own; nothing else should run.

    A result names machine, versions, commit and settings. What the figures mean: docs/performance.md.
    """


@command.command("stream")
@quick_option
@click.option(
    "--only", multiple=True, type=click.Choice((*CONTENDERS, SHADOW)), help="Only these; repeat it for several."
)
@click.option("--messages", type=click.IntRange(1), help="Readings of the backlog.  [default: 2000000]")
@click.option("--rounds", type=click.IntRange(1), help="How often; the median counts.  [default: 3]")
@out_option
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
@quick_option
@out_option
@click.pass_context
def latency_command(ctx: click.Context, quick: bool, out: Path | None) -> None:
    """From produce() to committed in Postgres, at 200, 2 000 and 20 000 readings a second."""
    plan = latency.QUICK if quick else latency.Plan()
    _measure(settings_of(ctx), "latency", quick, out, partial(latency.latency, plan=plan))


@command.command("growth")
@quick_option
@click.option("--only", multiple=True, type=click.Choice(growth.AXES), help="Only these; repeat it for several.")
@out_option
@click.pass_context
def growth_command(ctx: click.Context, quick: bool, only: tuple[str, ...], out: Path | None) -> None:
    """What a reading costs as devices, stored readings, partitions and consumers grow."""
    plan = replace(growth.QUICK if quick else growth.Plan(), axes=only or growth.AXES)
    _measure(settings_of(ctx), "growth", quick, out, partial(growth.growth, plan=plan))


@command.command("alerts")
@quick_option
@out_option
@click.pass_context
def alerts_command(ctx: click.Context, quick: bool, out: Path | None) -> None:
    """From the reading that opens an incident to the message in a chat; what healthy devices cost."""
    plan = alerting.QUICK if quick else alerting.Plan()
    _measure(settings_of(ctx), "alerts", quick, out, partial(alerting.alerting, plan=plan))


@command.command("bulk")
@quick_option
@click.option("--gigabytes", type=Amount(0, min_open=True), help="Of the generated files.  [default: 5]")
@out_option
@click.pass_context
def bulk_command(ctx: click.Context, quick: bool, gigabytes: float | None, out: Path | None) -> None:
    """Large CSV files scored by `score`, beside the same on Spark and pandas that reads them as a whole."""
    usual = bulk.QUICK if quick else bulk.Plan()
    plan = replace(usual, gigabytes=gigabytes or usual.gigabytes)
    _measure(settings_of(ctx), "bulk", quick, out, partial(bulk.bulk, plan=plan))


@command.command("api")
@quick_option
@out_option
@click.pass_context
def api_command(ctx: click.Context, quick: bool, out: Path | None) -> None:
    """Single predictions over HTTP, by a random forest: latency at 200 a second, and beside MLflow's model server."""
    plan = serving.QUICK if quick else serving.Plan()
    _measure(settings_of(ctx), "api", quick, out, partial(serving.serving, plan=plan))


for _other in (explain_command, learning_command, gate_command):
    command.add_command(_other)


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
    save(settings, name, quick, out, result, began)


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
