"""What the API is built on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from fastapi import HTTPException, Request

from api.v1.batching import MicroBatcher
from core.answered_rows import AnsweredRows
from core.api_key import ApiKeys
from core.batch import Floats
from core.champion_move import ChampionWishes
from core.data_set import DataSet
from core.explanation import PushedRow
from core.kept_readings import FileFormat, KeptMachine, KeptReadings, ReadingLog
from core.machine import Machine
from core.named_models import NamedModels
from core.ports.chat import Inbox
from core.shown import Alerts
from core.shown_devices import Devices
from core.shown_incidents import Incidents
from core.shown_machines import Models


class Parts(NamedTuple):
    """What the API asks, and whom."""

    machines: Mapping[str, Machine]
    keys: ApiKeys
    models: Models
    champions: ChampionWishes
    devices: Devices
    readings: ReadingLog
    incidents: Incidents
    alerts: Alerts
    inbox: Inbox
    batcher: MicroBatcher
    explain: Callable[[Machine, AnsweredRows], Sequence[PushedRow]]
    """Which sensors pushed each row's prediction, and to what. UserError where such a model cannot be explained."""
    named: NamedModels
    read_table: Callable[[Machine, str, bytes], Floats]
    """The sensors of a file's rows, shape (n, sensors), by its name's ending. UserError names row and column."""
    kept_file: Callable[[FileFormat, KeptMachine, Iterable[KeptReadings]], Iterator[bytes]]
    """Readings as a file, a piece for each of them."""
    data_set: Callable[[Machine], DataSet | None]
    """The file that `COMPAT_DATA` names; None: it names none. UserError says what is wrong with it."""


def parts_of(request: Request) -> Parts:
    """Of the application that is asked."""
    parts: Parts = request.app.state.parts
    return parts


def machine_of(request: Request, name: str) -> Machine:
    """The machine of this name. HTTPException 404."""
    machine = parts_of(request).machines.get(name)
    if machine is None:
        raise HTTPException(404, "There is no such machine.")
    return machine
