"""What the page is built on."""

from collections.abc import Mapping
from typing import NamedTuple

from fastapi import Request

from core.alarm_quality import AlarmHistory
from core.champion_move import ChampionWishes
from core.held_labels import LabelHolds
from core.login import Logins
from core.machine import Machine
from core.ports.chat import Inbox
from core.shown import Alerts
from core.shown_devices import Devices
from core.shown_machines import Models
from core.shown_questions import ShownQuestions
from core.training_report import ShownReports


class Stores(NamedTuple):
    """Where the page reads and writes."""

    logins: Logins
    alerts: Alerts
    questions: ShownQuestions
    inbox: Inbox
    devices: Devices
    alarms: AlarmHistory
    models: Models
    champions: ChampionWishes
    holds: LabelHolds
    reports: ShownReports
    machines: Mapping[str, Machine]
    """By name: what their files say to people."""


def stores_of(request: Request) -> Stores:
    """The stores of the page that is asked."""
    stores: Stores = request.app.state.stores
    return stores
