"""Questions about readings that raised no alert, drawn as db/questions.py draws them, and what is known from them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.batch import Floats, Integers
from core.engineered import with_engineered
from core.label import Verdict
from core.machine import Machine
from core.question import Pool, Window, draw
from core.sensor_tail import promise_of, tail_of

_FEW = 50
"""As there: with fewer reviewed normal readings the window itself is what is usual."""
_REVIEWED = 2000
"""As there: so many of the newest are looked at."""


class Question(NamedTuple):
    """A reading to ask about."""

    row: int
    pool: Pool
    weight: float
    """How many readings it stands for."""
    sensor: int
    above: bool


class Asking:
    """Draws questions and keeps what was found where."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self._machine = machine
        self._seed = seed
        self._windows = 0
        self._found = np.zeros((2, len(machine.inputs), 2))
        """Faults and normals that questions of the tail found, by sensor, also engineered, and direction."""
        self._normal: list[Floats] = []

    def questions(
        self, sensors: Floats, scores: Floats, threshold: float, rows: Integers, most: int
    ) -> Sequence[Question]:
        """At most so many about these rows, none of which raised an alert."""
        if not len(rows):
            return ()
        self._windows += 1
        asked = with_engineered(self._machine, sensors[rows])
        normal = np.concatenate(self._normal)[-_REVIEWED:] if self._normal else asked
        promise = promise_of(self._found[0], self._found[1], self._seed + self._windows)
        tail = tail_of(asked, normal if len(normal) >= _FEW else asked, promise)
        ids = [b"%d %d" % (self._seed, row) for row in rows.tolist()]
        window = Window(ids, scores[rows], np.full(len(rows), threshold), tail.scores)
        return [
            Question(int(rows[one.row]), one.pool, one.weight, int(tail.sensors[one.row]), bool(tail.above[one.row]))
            for one in draw(window, most)
        ]

    def answered(self, question: Question, verdict: Verdict) -> None:
        """Remember where the tail found something."""
        if question.pool is Pool.TAIL and verdict in (Verdict.FAULT, Verdict.FALSE_ALARM):
            self._found[int(verdict is Verdict.FALSE_ALARM), question.sensor, int(not question.above)] += 1

    def reviewed(self, sensors: Floats) -> None:
        """These readings, shape (n, sensors), were said to be normal."""
        self._normal.append(with_engineered(self._machine, sensors))
