"""What a stored message is about, typed: words are made of it when it is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from core.cause import Group
from core.defect import LikelyDefect
from core.digest import Grouping
from core.dispute import Said
from core.errors import Undeliverable
from core.label import Verdict
from core.machine import Task
from core.reminder import Retelling
from core.reply import Outcome, Refusal
from core.severity import Severity
from core.shown import ShownPush, ShownSensor
from core.target import PredictedValue

Facts = TypeVar("Facts")


class AlertFacts(Struct, frozen=True):
    """An alert, and its answer once there is one."""

    alert: int
    machine: str
    title: str
    device: str
    since: datetime
    probability: float
    standing_out: tuple[ShownSensor, ...]
    model_version: int
    advice: str = ""
    kind: Literal["fault", "sensor", "silent"] = "fault"
    reasons: tuple[str, ...] = ()
    """What was seen of sensors that cannot be right."""
    severity: Severity = Severity.LOW
    verdict: Verdict | None = None
    by: str = ""
    answered: datetime | None = None
    comment: str = ""
    label: int | None = None
    """That holds the answer."""
    said: tuple[Said, ...] = ()
    """By each person, where they differ."""
    lasted: float = 0.0
    """Seconds, when it was told."""
    pushed: tuple[ShownPush, ...] = ()
    """Once the alert was looked into."""
    spoke_for: str = ""
    """The defect that `pushed` is about, or the higher or lower value; empty: a fault."""
    unexplained: str = ""
    """Why nobody knows what pushed it; empty: somebody does, or it was not looked into yet."""
    defects: tuple[LikelyDefect, ...] = ()
    """Of a machine with several, the likeliest first."""
    defect: str = ""
    """That the answer names; empty: none."""
    predicted: PredictedValue | None = None
    """Of a machine whose value is predicted."""
    value: float | None = None
    """That the answer measured."""
    choices: tuple[str, ...] = ()
    """The defects that people can name, in the order of the machine's file."""
    all_defects: bool = False
    """Somebody asked for a button for each."""
    again: Retelling | None = None
    """Why it is told again; None: for the first time."""
    task: Task = "fault"
    """Of the machine's model: what `probability` is of."""


class ReceiptFacts(Struct, frozen=True):
    """What became of a reply."""

    outcome: Outcome
    sender: str = ""
    by: str = ""
    """The operator's name; empty for a stranger."""
    alert: int | None = None
    alerts: tuple[int, ...] = ()
    question: int | None = None
    device: str = ""
    verdict: Verdict | None = None
    defect: str = ""
    """That the answer names."""
    value: float | None = None
    """That it measured."""
    said: tuple[Said, ...] = ()
    """By each person, where they differ."""
    refusal: Refusal | None = None


class DigestAlert(Struct, frozen=True):
    """An alert as a digest tells of it, with its answer once there is one."""

    alert: int
    device: str
    since: datetime
    probability: float
    kind: Literal["fault", "sensor", "silent"] = "fault"
    severity: Severity = Severity.LOW
    verdict: Verdict | None = None
    by: str = ""


class DigestFacts(Struct, frozen=True):
    """Alerts that are told in one message."""

    reason: Grouping
    alerts: int
    devices: int
    answered: int
    since: datetime
    """When the first of them began; `until`: the newest."""
    until: datetime
    titles: tuple[str, ...]
    """Of their machines."""
    worst: tuple[DigestAlert, ...]
    cause: Group | None = None
    """What they have in common, where that is plain."""


class TextFacts(Struct, frozen=True):
    """Words that somebody else chose."""

    text: str


def read_facts(body: Mapping[str, object], kind: type[Facts]) -> Facts:
    """The facts in a message's body. Raises Undeliverable where they cannot be understood."""
    try:
        return msgspec.convert(body, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Undeliverable(f"the message cannot be understood: {error}") from error
