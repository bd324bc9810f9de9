"""core.training_report.ShownReports in memory, and a report to be told."""

from dataclasses import dataclass, field

from msgspec.structs import replace

from core.comparison import Comparison, Interval, Measure
from core.login import Visitor
from core.named_defects import NamedDefects
from core.training_report import (
    Bin,
    Counts,
    ReportedComponent,
    ReportedModel,
    ReportedTarget,
    TrainingReport,
    Verdicts,
    Weight,
)
from core.which_defect import DefectComparison, DefectMetrics
from core.which_value import ValueComparison, ValueMetrics
from tests.builders import NOON

V1 = ReportedModel("press v1", 0.5, Counts(80, 20, 30, 870), ((0.0, 1.0), (0.8, 0.73), (1.0, 0.1)), (Bin(0.1, 0.2, 9),))
V2 = ReportedModel(
    "press v2",
    0.413,
    Counts(90, 10, 15, 885),
    ((0.0, 1.0), (0.9, 0.86), (1.0, 0.1)),
    (Bin(0.1, 0.05, 9), Bin(0.9, 1.0, 7)),
)
BETTER = Measure(0.71, 0.8126, Interval(0.04, 0.15))
A_REPORT = TrainingReport(
    machine="press",
    version=2,
    at=NOON,
    asked_by="Anna",
    promote=True,
    reason="2 refuted alerts would not ring again",
    model="rf",
    threshold_rule="fixed in the machine's file",
    base_rows=4_000,
    train_rows=3_010,
    rows=1_000,
    faults=100,
    challenger=V2,
    champion=V1,
    hold_out=Comparison(BETTER, BETTER, BETTER, BETTER, 1_000, 100),
    answers=None,
    importance=(Weight("temperature", 0.6), Weight("pressure", -0.001)),
    verdicts=Verdicts(7, 3, 1, refuted=4, confirmed=2, vanish=("#5", "#8"), lost=("label 3",)),
    new_alerts=1,
)
OF_DEFECTS = replace(
    A_REPORT,
    champion=replace(V1, defects=DefectMetrics(0.61, 0.7, 0.9, 80)),
    challenger=replace(V2, defects=DefectMetrics(0.66, 0.75, 0.925, 80)),
    defects=DefectComparison(Measure(0.61, 0.66, Interval(0.012, 0.09)), 80),
    named=NamedDefects(3, lost=("#7",), gained=("#5", "#8")),
)
"""The same, as of a machine with several."""
OF_A_VALUE = replace(
    A_REPORT,
    champion=replace(V1, value=ValueMetrics(0.81, 0.6123, 0.7, 990)),
    challenger=replace(V2, value=ValueMetrics(0.92, 0.4, 0.31, 990)),
    target=ReportedTarget("permeability", "g/m²·day", "limit 10"),
    values=ValueComparison("permeability", Measure(0.6123, 0.4, Interval(-0.25, -0.17)), 990, 2, ("#9",), ()),
)
"""The same, as of a machine whose value is predicted."""
SHA = "ab" * 32


@dataclass
class FakeReports:
    """One report of the press, which everybody follows."""

    kept: dict[str, TrainingReport] = field(default_factory=lambda: {SHA: A_REPORT})

    def of(self, visitor: Visitor, machine: str, sha256: str) -> TrainingReport | None:
        assert visitor.id
        return self.kept.get(sha256) if machine == "press" else None


OF_COMPONENTS = replace(
    A_REPORT,
    components=(
        ReportedComponent(0.61, (("temperature", 0.8), ("pressure", -0.6))),
        ReportedComponent(0.3, (("pressure", 0.8), ("temperature", 0.6))),
    ),
)
"""The same, as of a model of principal components."""
