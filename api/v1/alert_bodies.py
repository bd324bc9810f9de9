"""What is told of an alert, and how it is answered."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import HTTPException
from pydantic import Field

from api.v1.bodies import Number
from api.v1.described import Described
from api.v1.verdicts import Likely, likely_of
from core.label import Verdict
from core.shown import ShownAlert


class Label(Described):
    """What a person, or a program in their name, said of an alert's readings."""

    label: int
    verdict: Verdict
    defect: str
    """Of a machine with several; empty: none was named."""
    measured: float | None
    """Of a machine whose value is predicted; null: nothing was."""
    by: str
    at: datetime
    comment: str


class PredictedValue(Described):
    """What the model predicted of the reading that opened the incident, and the limits that it is judged by."""

    value: float
    name: str
    unit: str
    low: float | None
    high: float | None


class Alert(Described):
    """An incident that people were told of."""

    alert: int
    machine: str
    device: str
    kind: str
    """`fault`, `sensor` (one that cannot be right) or `silent`."""
    since: datetime
    until: datetime | None
    """Null: it is open."""
    severity: str
    probability: float
    """The highest of a reading of it."""
    defects: list[Likely]
    """Of a machine with several, the three likeliest, the likeliest first; else empty."""
    predicted: PredictedValue | None
    """Of a machine whose value is predicted; else null."""
    faults: int
    model_version: int
    label: Label | None
    """The one that counts; null: nobody answered."""


class NewLabel(Described):
    """An answer: one of the three. A defect is a fault; of what was measured the machine's limits say whether it is."""

    verdict: Verdict | None = None
    defect: Annotated[str, Field(max_length=24, examples=["Stains"])] = ""
    """Of a machine with several, as its file names it."""
    measured: Annotated[Number | None, Field(examples=[8.3])] = None
    """Of a machine whose value is predicted, in its unit; twelve digits of it count."""
    comment: Annotated[str, Field(max_length=2000)] = ""

    @property
    def text(self) -> str:
        """As a person would write it. HTTPException where it says none of them, or several."""
        said = [self.verdict.words if self.verdict else "", self.defect, _written(self.measured)]
        given = [words for words in said if words]
        if len(given) != 1:
            raise HTTPException(
                422, "Say one of these: `verdict`, the `defect` that it is, or the value that was `measured`."
            )
        return given[0]

    @property
    def misunderstood(self) -> str:
        """Why an alert may not be answered so."""
        if self.measured is not None:
            return f"This alert is not about a predicted value: {_written(self.measured)} says nothing of it."
        return f"{self.defect!r} is no defect that this alert may show."


class Labelled(Described):
    """What became of an answer."""

    outcome: str
    """`labelled`; `repeated`: the same again, no second label; `overruled`: an engineer had said otherwise, and counts;
    `undone`."""
    alert: Alert


def alert_of(shown: ShownAlert) -> Alert:
    """As programs read it."""
    said = shown.answer
    return Alert(
        alert=shown.alert,
        machine=shown.machine,
        device=shown.device,
        kind=shown.kind,
        since=shown.since,
        until=shown.until,
        severity=shown.severity.words,
        probability=shown.probability,
        defects=likely_of(shown.defects),
        predicted=None if shown.predicted is None else PredictedValue(**msgspec.structs.asdict(shown.predicted)),
        faults=shown.faults,
        model_version=shown.model_version,
        label=Label(
            label=said.label,
            verdict=said.verdict,
            defect=said.defect,
            measured=said.value,
            by=said.by,
            at=said.at,
            comment=said.comment,
        )
        if said
        else None,
    )


def _written(value: float | None) -> str:
    """So many digits as core.measured reads of any number."""
    return "" if value is None else f"{value:.12g}"
