"""What is told of one training: both models on the same rows, what people's verdicts come to, and the decision."""

from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec import Struct

from core.comparison import Comparison
from core.login import Visitor
from core.named_defects import NamedDefects
from core.normal_rows import NormalRows
from core.which_defect import DefectComparison, DefectMetrics
from core.which_value import ValueComparison, ValueMetrics


class Counts(NamedTuple):
    """Rows of the hold-out at a model's threshold."""

    found: int
    missed: int
    false: int
    quiet: int
    """Normal, and not alarmed."""


class Bin(NamedTuple):
    """Rows of which a model said about the same."""

    said: float
    """Mean probability."""
    faults: float
    """The share that were faults."""
    rows: int


class ReportedModel(Struct, frozen=True):
    """A model on the hold-out."""

    name: str
    threshold: float
    counts: Counts
    precision_recall: tuple[tuple[float, float], ...]
    """(recall, precision), from the highest threshold down; thinned out. Empty: the hold-out has no fault."""
    calibration: tuple[Bin, ...]
    defects: DefectMetrics | None = None
    """Of a machine with several, where the hold-out knows of a fault which defect it is."""
    value: ValueMetrics | None = None
    """Of a machine whose value is predicted, where the hold-out has values that were measured."""


class ReportedTarget(NamedTuple):
    """The value that a machine's models predict."""

    name: str
    unit: str
    limits: str
    """Beyond which it is a fault, in words."""


class Weight(NamedTuple):
    """How much a model rests on one sensor."""

    sensor: str
    loses: float
    """PR-AUC on the hold-out without it: with its values dealt out among the rows. Where the hold-out has no fault: how
    much more abnormal its rows look then."""


class ReportedComponent(NamedTuple):
    """A principal component that a model goes by."""

    share: float
    """Of the variance of all columns."""
    made_of: tuple[tuple[str, float], ...]
    """Its weightiest columns, with their weights."""


class Verdicts(Struct, frozen=True):
    """What people said, scored again by both models; troubles by the names that people know."""

    taught: int
    """Labels that the challenger was trained with."""
    new: int
    """Of them, that the champion was not."""
    dropped: int
    """That the champion was trained with and the challenger was not: taken back, corrected or held back."""
    refuted: int = 0
    confirmed: int = 0
    vanish: tuple[str, ...] = ()
    """Refuted, and rung by the champion alone."""
    ring_anew: tuple[str, ...] = ()
    """Refuted, and rung by the challenger alone."""
    lost: tuple[str, ...] = ()
    """Confirmed, and rung by the champion alone."""
    gained: tuple[str, ...] = ()
    """Confirmed, and rung by the challenger alone."""


class TrainingReport(Struct, frozen=True):
    """One training."""

    machine: str
    version: int | None
    """None: a dry run, which has none."""
    at: datetime
    asked_by: str
    promote: bool
    """What the gate decided."""
    reason: str
    model: str
    """Its kind, with the parameters that a search found."""
    threshold_rule: str
    base_rows: int
    train_rows: int
    rows: int
    """Of the hold-out."""
    faults: int
    challenger: ReportedModel
    champion: ReportedModel | None
    """None: there was none, or it could not be loaded."""
    hold_out: Comparison | None
    answers: Comparison | None
    """On what people judged and no model was trained on; None: too few to tell."""
    importance: tuple[Weight, ...]
    """The weightiest sensor first."""
    verdicts: Verdicts
    new_alerts: int | None
    """That the challenger alone would raise on the latest readings; None: nothing was read yet."""
    note: str = ""
    normal: tuple[NormalRows, ...] = ()
    """On hold-outs without a fault."""
    defects: DefectComparison | None = None
    """How well the gate found that both tell defects apart; None: one kind of fault, or no champion."""
    named: NamedDefects | None = None
    """Defects that people named, told by both; None: nobody named one."""
    target: ReportedTarget | None = None
    """Of a machine whose value is predicted."""
    values: ValueComparison | None = None
    """How near the gate found that both come to its measured values; None: no champion."""
    components: tuple[ReportedComponent, ...] = ()
    """That the challenger goes by, the one that carries most first; empty: it goes by the sensors themselves."""


class ShownReports(Protocol):
    """What people read."""

    def of(self, visitor: Visitor, machine: str, sha256: str) -> TrainingReport | None:
        """None where there is no such report, or the visitor does not follow the machine. Raises Unavailable."""
