"""What came of champion and challenger on the same rows and on people's verdicts, and what the gate said to it."""

from collections.abc import Sequence

from msgspec import Struct

from core.comparison import Comparison
from core.named_defects import NamedDefects
from core.normal_rows import NormalRows
from core.prediction import ModelVersion
from core.recent_alarms import RecentAlarms
from core.verdict_replay import Replayed
from core.which_defect import DefectComparison
from core.which_value import ValueComparison
from model.contest_lines import alarms_line, comparison_lines, defect_lines, normal_line, replay_lines, value_lines


class Contest(Struct, frozen=True):
    """The gate's decision with all that it was made from."""

    promote: bool
    reason: str
    champion: ModelVersion | None = None
    hold_out: Comparison | None = None
    """None: there is no champion to compare with, or the hold-out has no fault."""
    earlier: Comparison | None = None
    """On the champion's hold-out, where that is of other base data."""
    answers: Comparison | None = None
    """On what people judged and no model was trained on; None: too few to tell."""
    replay: tuple[Replayed, ...] = ()
    alarms: RecentAlarms | None = None
    """On the latest readings."""
    note: str = ""
    defects: DefectComparison | None = None
    """How well both tell defects apart on the hold-out; None: the machine has one kind of fault."""
    named: NamedDefects | None = None
    """Of a machine with several defects; None: nobody named one."""
    normal: tuple[NormalRows, ...] = ()
    """On hold-outs without a fault, the champion's own last."""
    values: ValueComparison | None = None
    """Of a machine whose value is predicted."""

    def lines(self) -> Sequence[str]:
        """The contest for an engineer to read."""
        if self.champion is None or (self.hold_out is None and not self.normal):
            return []
        lines = [] if self.hold_out is None else comparison_lines("hold-out", self.champion, self.hold_out)
        lines += [normal_line(self.champion, found) for found in self.normal]
        if self.earlier is not None:
            lines += comparison_lines("the champion's own hold-out", self.champion, self.earlier)
        if self.answers is not None:
            lines += comparison_lines("answers that no model was trained on", self.champion, self.answers)
        lines += defect_lines(self.defects, self.named) + value_lines(self.values)
        lines += replay_lines(self.replay)
        if self.alarms is not None and self.alarms.readings:
            lines.append(alarms_line(self.alarms))
        return [*lines, self.note] if self.note else lines
