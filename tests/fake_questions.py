"""core.shown_questions.ShownQuestions over a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.question import Pool
from core.shown_questions import ShownQuestion
from tests.builders import NOON


@dataclass
class FakeQuestions:
    """Questions by the operator who was asked."""

    asked: dict[int, list[ShownQuestion]] = field(default_factory=dict)

    def ask(self, operator: int, pool: Pool = Pool.TAIL, device: str = "press-7") -> int:
        """One about a vibration that lies high; its number."""
        number = sum(map(len, self.asked.values())) + 1
        readings = (("vibration", 7.25), ("pressure", None))
        asked = ShownQuestion(number, "press", device, NOON, 0.31, pool, "vibration", True, readings)
        self.asked.setdefault(operator, []).insert(0, asked)
        return number

    def newest(self, operator: int, count: int, *, waiting: bool = False) -> Sequence[ShownQuestion]:
        return [one for one in self.asked.get(operator, []) if not waiting or one.answer is None][:count]

    def one(self, operator: int, question: int) -> ShownQuestion | None:
        return next((one for one in self.asked.get(operator, []) if one.question == question), None)
