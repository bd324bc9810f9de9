"""`producer`: publish readings of simulated machines, or of a recorded file."""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from click.core import ParameterSource

from app.cli import settings_of
from app.column_map import column_map, map_option
from app.heartbeat import Heartbeat
from app.machines import pick_machine
from app.new_file import NewFile
from app.ranges import Amount
from app.settings import Settings
from app.signals import set_on_signal
from app.telemetry.process import Telemetry
from app.telemetry.producer import Published
from app.telemetry.spans import spans_of
from app.wiring import kafka, machines, resolved
from core.errors import UserError
from core.machine import Machine
from producer.kafka import producer_for
from producer.messages import Messages, first, merged, messages_of
from producer.progress import Progress, in_words, summary
from producer.publisher import Publisher, Totals
from producer.replay import Replay
from producer.sampled import sampled
from producer.schedule import Schedule, at_rate, at_speed, flat_out
from producer.schema_registry import schema_number
from producer.simulated import FLAT_OUT, simulated_readings
from producer.topics import ensure_topics

_log = logging.getLogger(__name__)
_PATIENCE = 30.0
"""Seconds that Kafka gets to confirm the last readings."""
_Sources = Callable[[Mapping[str, int]], list[Iterator[Messages]]]
"""Of the messages, once the number of each machine's schema is known."""
_OF_THE_SIMULATOR = {"--devices": "devices", "--seed": "seed", "--fault-rate": "fault_rate"}


@click.command(short_help="Publish readings: simulated machines, or a file replayed.")
@click.argument("names", metavar="[MACHINE]...", nargs=-1)
@click.option(
    "--devices",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="Of each machine; no more than its file lists.",
)
@click.option(
    "--rate",
    type=Amount(0, FLAT_OUT),
    help="Readings a second in all; 0: as fast as it goes.  [default: 200; of a file: as fast as it goes]",
)
@click.option("--count", type=click.IntRange(0), default=0, help="Stop after so many readings; 0: go on for ever.")
@click.option("--seconds", type=Amount(0, min_open=True), help="Stop after so many seconds.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, other devices.")
@click.option(
    "--fault-rate",
    type=Amount(0, 0.5),
    default=0.02,
    show_default=True,
    help="The share of their time that simulated devices spend in faults.",
)
@click.option("--file", type=click.Path(path_type=Path), help="Replay this CSV or Parquet file (.parquet) instead.")
@click.option("--speed", type=Amount(0, min_open=True), help="Replay so many times as fast as the file's times tell.")
@map_option
@click.option("--summary", "summary_file", type=NewFile(), help="Write the totals there as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    names: Sequence[str],
    devices: int,
    rate: float | None,
    count: int,
    seconds: float | None,
    seed: int,
    fault_rate: float,
    file: Path | None,
    speed: float | None,
    maps: Sequence[str],
    summary_file: Path | None,
) -> None:
    """Publish readings of MACHINEs (default: equipment), simulated or out of a file, until SIGTERM or Ctrl-C.

    Creates the topics that are missing. When it ends, Kafka has confirmed every reading, or an error says how many not.
    """
    settings = settings_of(ctx)
    known = machines(settings)
    chosen = [pick_machine(known, name) for name in dict.fromkeys(names or ["equipment"])]
    _refuse_options_without_effect(ctx, file)
    if file is None:
        sources = _simulated(chosen, devices, seed, fault_rate, FLAT_OUT if rate == 0 else rate or 200.0)
    else:
        sources = _replayed(chosen, file, maps, _schedule(rate, speed))
    settings = resolved(settings)
    spans = spans_of(settings, "producer")
    schemas = {machine.name: _schema(settings, machine) for machine in chosen}
    ensure_topics(kafka(settings), chosen, settings.topic_partitions, settings.topic_replication)
    messages = merged(sources(schemas))
    messages = first(count, messages) if count else messages
    if spans:
        messages = sampled(messages, settings.trace_every, spans, time.time_ns)
    publisher = Publisher(producer_for(kafka(settings)), time.monotonic, _watch(settings))
    stopping = set_on_signal()
    with _told_at_the_end(publisher, summary_file):
        try:
            publisher.publish(messages, stopping, seconds)
        finally:
            publisher.finish(_PATIENCE)


def _simulated(chosen: Sequence[Machine], devices: int, seed: int, fault_rate: float, rate: float) -> _Sources:
    def sources(schemas: Mapping[str, int]) -> list[Iterator[Messages]]:
        now = time.time_ns() // 1000
        share = rate / len(chosen)
        return [
            messages_of(
                machine, simulated_readings(machine, devices, seed, fault_rate, now, share), schemas[machine.name]
            )
            for machine in chosen
        ]

    return sources


def _replayed(chosen: Sequence[Machine], file: Path, maps: Sequence[str], schedule: Schedule) -> _Sources:
    if len(chosen) > 1:
        raise UserError(f"--file holds one machine's readings: name {' or '.join(each.name for each in chosen)}")
    machine = chosen[0]
    replay = Replay(file, machine, column_map(maps))
    return lambda schemas: [messages_of(machine, replay.readings(schedule), schemas[machine.name])]


def _schema(settings: Settings, machine: Machine) -> int:
    """The number that stands before the machine's messages, where they are framed; 1 where no registry gives one."""
    if not settings.schema_registry_url or machine.message.framing == "none":
        return 1
    return schema_number(settings.schema_registry_url, machine)


def _schedule(rate: float | None, speed: float | None) -> Schedule:
    if rate and speed:
        raise UserError("--rate and --speed exclude each other: name one of them")
    if speed:
        return at_speed(speed)
    return at_rate(rate) if rate else flat_out


def _refuse_options_without_effect(ctx: click.Context, file: Path | None) -> None:
    options = {"--speed": "speed", "--map": "maps"} if file is None else _OF_THE_SIMULATOR
    for option, parameter in options.items():
        if ctx.get_parameter_source(parameter) is ParameterSource.COMMANDLINE:
            remedy = "name it with --file" if file is None else "leave it out, or leave --file out"
            raise UserError(f"{option} is about {'a file to replay' if file is None else 'the simulator'}: {remedy}")


@contextmanager
def _told_at_the_end(publisher: Publisher, summary_file: Path | None) -> Iterator[None]:
    """However it ends, the totals are told."""
    begin = time.monotonic()
    try:
        yield
    finally:
        _end_line(in_words(publisher.totals))
        if summary_file:
            totals = summary(publisher.totals, time.monotonic() - begin)
            summary_file.write_bytes(msgspec.json.encode(totals) + b"\n")


def _watch(settings: Settings) -> Callable[[Totals], None]:
    progress, heartbeat, published = _progress(), Heartbeat(settings.heartbeat_file), Published()
    telemetry = Telemetry(heartbeat, [published.trouble])
    telemetry.registry.register(published)
    telemetry.serve(settings)

    def watch(totals: Totals) -> None:
        heartbeat.beat()
        published.watch(totals)
        progress(totals)

    return watch


def _progress() -> Progress:
    if sys.stderr.isatty():
        return Progress(time.monotonic, 1.0, lambda line: click.echo(f"\r{line}\033[K", err=True, nl=False))
    return Progress(time.monotonic, 10.0, _log.info)


def _end_line(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{line}\033[K", err=True)
    else:
        _log.info(line)
