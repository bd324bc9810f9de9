"""The whole loop on this machine: real servers, simulated machines, every process of ours."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from app.children import Child
from app.live_line import LiveLine
from core.errors import UserError
from db.status import MachineStatus

DRAIN_S = 60.0


class Summary(Struct, kw_only=True):
    """What a run amounted to; every count is this run's alone."""

    produced: int
    stored: int
    dead_letters: int
    duplicates: int
    gaps: int
    lag: int
    faults: int
    alerts: int
    labels: int
    readings_per_s: float


class Processes:
    """Our processes; whatever happens, all of them end."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = environment
        self._folder = folder
        self._children: dict[str, Child] = {}

    def start(self, *arguments: str, printing: bool = False) -> None:
        """Start a command of ours; its log is named after it. `printing`: what it prints is for the terminal."""
        log = self._folder / f"{arguments[0]}.log"
        self._children[arguments[0]] = Child(list(arguments), self._environment, log, printing=printing)

    def check(self) -> None:
        """UserError where one has ended by itself."""
        for child in self._children.values():
            child.check()

    def stop(self, *names: str) -> None:
        """End these, one after the other; without names all, in the order of their start."""
        for name in names or tuple(self._children):
            if child := self._children.pop(name, None):
                child.stop()


def watch(
    look: Callable[[], Mapping[str, MachineStatus]],
    each_second: Callable[[], None],
    ended: Callable[[], bool],
    line: LiveLine,
) -> None:
    """Show a live line every second until `ended`, and say when a champion changes."""
    machines, at = look(), time.monotonic()
    while not ended():
        time.sleep(1)
        each_second()
        before, machines, moment = machines, look(), time.monotonic()
        for name, one in machines.items():
            if one.champion != before[name].champion:
                line.say(f"{name} v{one.champion} is champion now: every consumer swaps to it")
        line.show(_line(machines, (_total(machines).readings - _total(before).readings) / (moment - at)))
        at = moment


def drain(look: Callable[[], Mapping[str, MachineStatus]], line: LiveLine) -> None:
    """Wait until everything that was published is stored. UserError when that takes too long."""
    deadline = time.monotonic() + DRAIN_S
    while lag := _total(look()).lag:
        if time.monotonic() > deadline:
            raise UserError(f"{lag} readings were not stored within {DRAIN_S:.0f} s: see .local/logs/consumer.log")
        line.show(f"draining: {lag} readings to go")
        time.sleep(0.2)


def summary(
    produced: int, before: Mapping[str, MachineStatus], after: Mapping[str, MachineStatus], seconds: float
) -> Summary:
    """What happened between two looks."""
    first, last = _total(before), _total(after)
    stored = last.readings - first.readings
    return Summary(
        produced=produced,
        stored=stored,
        dead_letters=last.dead_letters - first.dead_letters,
        duplicates=last.duplicates - first.duplicates,
        gaps=last.gaps - first.gaps,
        lag=last.lag or 0,
        faults=last.faults - first.faults,
        alerts=last.alerts - first.alerts,
        labels=last.labels - first.labels,
        readings_per_s=round(stored / seconds, 1),
    )


def _total(machines: Mapping[str, MachineStatus]) -> MachineStatus:
    counts = {
        field: sum(getattr(one, field) for one in machines.values())
        for field in MachineStatus.__struct_fields__
        if field != "champion"
    }
    return msgspec.convert(counts, MachineStatus)


def _line(machines: Mapping[str, MachineStatus], rate: float) -> str:
    now = _total(machines)
    parts: Sequence[str] = (
        *(f"{name} v{one.champion}" for name, one in machines.items()),
        f"{rate:,.0f} readings/s",
        f"lag {now.lag:,}",
        f"faults {now.faults:,}",
        f"alerts {now.alerts:,}",
        f"labels {now.labels:,}",
        f"dead letters {now.dead_letters:,}",
    )
    return " · ".join(parts)
