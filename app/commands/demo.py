"""`demo`: the whole loop on this machine."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click
import msgspec

from app.auto_reply import AutoReply
from app.children import run_child
from app.cli import settings_of
from app.commands.stack import ports
from app.demo import Processes, Summary, drain, summary, watch
from app.demo_page import on_a_free_port, visitor, wait_until_it_answers
from app.demo_phone import fake_telegram
from app.live_line import LiveLine
from app.log import set_up_logging
from app.login_link import login_link
from app.machines import pick_machine
from app.new_file import NewFile
from app.prepare import CONSOLE_OPERATOR, ensure_operator, prepare_servers
from app.ranges import Amount
from app.settings import Settings
from app.signals import set_on_signal
from app.status import Overview
from app.wiring import data_directory, database, kafka, machines, process_name, with_local_stack
from consumer.peek import headers_at
from core.errors import UserError
from core.machine import Machine
from db.inbox import PostgresInbox
from db.operators import Operator, Subscription
from db.promotion_log import PostgresPromotionLog
from db.unanswered import PostgresUnanswered
from local.detached import delete
from local.lock import held
from local.stack import Stack
from producer.simulated import FLAT_OUT

_MACHINE = "equipment"
_AUTOMAT = "auto-reply"


@click.command(short_help="The whole loop on this machine: stack, machines, model, alerts.")
@click.option("--seconds", type=Amount(0, min_open=True), help="Stop after so many seconds of readings.")
@click.option(
    "--rate", type=Amount(0, FLAT_OUT, min_open=True), default=200, show_default=True, help="Readings a second."
)
@click.option("--devices", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Simulated devices.")
@click.option("--auto-reply", type=Amount(0, 1), default=0, help="Answer this share of the alerts, truthfully.")
@click.option("--fake-telegram", "phone", is_flag=True, help="Alerts on a page that stands in for Telegram.")
@click.option("--fresh", is_flag=True, help="Begin with empty servers and no model: deletes what earlier demos stored.")
@click.option("--summary", "summary_file", type=NewFile(), help="Write the run's counts there as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    seconds: float | None,
    rate: float,
    devices: int,
    auto_reply: float,
    phone: bool,
    fresh: bool,
    summary_file: Path | None,
) -> None:
    """The whole loop on this machine: real Kafka, Postgres and S3, simulated machines, a signed model, alerts.

    Goes on until Ctrl-C (or for --seconds), then stores what is under way and stops everything. What it stored is there
    again next time.
    """
    settings = settings_of(ctx)
    if not settings.uses_local_stack:
        raise UserError("the demo brings its own servers: unset KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, S3_ENDPOINT_URL")
    if summary_file is not None and not summary_file.absolute().parent.is_dir():
        raise UserError(f"--summary: there is no folder {summary_file.absolute().parent}")
    set_up_logging(settings.log_format, "WARNING", settings.secrets())  # the live line tells the rest
    machine = pick_machine(machines(settings), _MACHINE)
    directory = data_directory(settings)
    if fresh:
        delete(directory)
    line = LiveLine(sys.stderr)
    with ExitStack() as running:
        running.callback(line.end)
        stack = running.enter_context(Stack.start(directory, ports(settings), report=line.say))
        running.enter_context(held(directory / "demo.lock"))  # a detached stack could serve two of them
        ready = on_a_free_port(with_local_stack(settings, asdict(stack.addresses)))
        prepare_servers(ready, [machine])
        if phone:
            ready = running.enter_context(fake_telegram(ready, directory / "telegram.json"))
            line.say(f"alerts are on {ready.telegram_api_url}: open it in a browser and answer them there")
        result = Demo(ready, machine, stack, directory / "logs", line).run(seconds, rate, devices, auto_reply)
    if summary_file is not None:
        summary_file.write_bytes(msgspec.json.encode(result))
    click.echo(_words(result))


class Demo:
    """One run over servers that are ready."""

    def __init__(self, settings: Settings, machine: Machine, stack: Stack, logs: Path, line: LiveLine) -> None:
        self._settings = settings
        self._machine = machine
        self._stack = stack
        self._line = line
        self._logs = logs
        self._processes = Processes({**settings.as_environment(), "LOG_FORMAT": "human"}, logs)
        self._look = Overview(settings, [machine]).look

    def run(self, seconds: float | None, rate: float, devices: int, auto_reply: float) -> Summary:
        """Train what is missing, start every process, watch, drain, stop. Raises UserError where a process dies."""
        self._train_first()
        if not self._settings.telegram_bot_token:
            console = Subscription("console", CONSOLE_OPERATOR)
            ensure_operator(self._settings, Operator(CONSOLE_OPERATOR, "engineer", "UTC", None, [console]))
        answers = self._answers(auto_reply)
        before, began = self._look(), time.monotonic()
        produced = self._logs / "produced.json"
        produced.unlink(missing_ok=True)
        stopping = set_on_signal()
        try:
            for process in ("consumer", "alerts", "trainer", "page"):
                self._processes.start(process, printing=process == "alerts")
            self._processes.start("producer", _MACHINE, *_producer(rate, devices, produced))
            self._invite()
            self._line.say(f"{devices} machines are running; Ctrl-C ends the demo. In another terminal: ./run status")
            watch(self._look, partial(self._each_second, answers), _over(stopping.is_set, seconds), self._line)
            self._processes.stop("producer")
            drain(self._look, self._line)
            answers.answer()
        finally:
            self._processes.stop()
        sent = msgspec.json.decode(produced.read_bytes())["delivered"]
        return summary(sent, before, self._look(), time.monotonic() - began)

    def _train_first(self) -> None:
        log = PostgresPromotionLog(database(self._settings, "trainer"), process_name("demo"))
        if log.champion(self._machine.name) is None:
            self._line.say(f"training the first model of {self._machine.name} on simulated machines")
            run_child(["train", self._machine.name, "--simulate"], self._settings.as_environment())

    def _invite(self) -> None:
        wait_until_it_answers(self._settings, self._processes.check)
        link = login_link(self._settings, visitor(self._settings))
        self._line.say(f"alerts and devices in a browser (this link works once, within an hour): {link}")

    def _answers(self, share: float) -> AutoReply:
        if share:
            ensure_operator(self._settings, Operator(_AUTOMAT, "operator", "UTC", None, []))
        engine = database(self._settings, "alerts")
        look_up = partial(headers_at, kafka(self._settings))
        return AutoReply(share, _AUTOMAT, PostgresUnanswered(engine), PostgresInbox(engine), look_up, self._line.say)

    def _each_second(self, answers: AutoReply) -> None:
        self._stack.check()
        self._processes.check()
        answers.answer()


def _producer(rate: float, devices: int, summary_file: Path) -> list[str]:
    seed = str(int(time.time()))  # each run sees other devices and episodes; `producer --seed` repeats one
    return ["--rate", str(rate), "--devices", str(devices), "--seed", seed, "--summary", str(summary_file)]


def _over(stopped: Callable[[], bool], seconds: float | None) -> Callable[[], bool]:
    end = None if seconds is None else time.monotonic() + seconds
    return lambda: stopped() or (end is not None and time.monotonic() >= end)


def _words(result: Summary) -> str:
    return (
        f"produced {result.produced:,}, stored {result.stored:,} ({result.readings_per_s:,.0f}/s), "
        f"dead letters {result.dead_letters}, duplicates {result.duplicates}, gaps {result.gaps}, lag {result.lag}; "
        f"faults {result.faults:,}, alerts {result.alerts}, labels {result.labels}"
    )
