from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
import pytest

from core.history import History
from core.training_options import ALGORITHMS, Algorithm
from model.cross_validation import cross_validated
from model.search_budget import Budget
from model.searching import Found, search
from model.training_set import TrainingSet, training_set
from tests.builders import a_machine
from tests.model_builders import a_history

PRESS = a_machine()


def noisy(rows: int = 240) -> TrainingSet:
    """Faults that overlap with what is normal, so that a tree down to single rows learns the noise."""
    random = np.random.default_rng(2)
    fault = random.random(rows) < 0.3
    sensors = np.column_stack([random.normal(65, 5, rows) + 4 * fault, random.normal(4, 0.5, rows)])
    return training_set(History(sensors, fault, ["press-1"] * rows, np.arange(rows)), [], 0)


ROWS = noisy()


def found(
    algorithms: Sequence[Algorithm], trials: int, seconds: float = 1e9, clock: Iterator[float] | None = None
) -> tuple[Found, list[str]]:
    said: list[str] = []
    ticks = clock or count(0.0)
    return search(PRESS, algorithms, ROWS, 7, Budget(trials, seconds), said.append, lambda: next(ticks)), said


def test_a_search_finds_what_is_better_than_the_usual_and_tells_each_trial() -> None:
    best, said = found(["rf"], 8)
    usual = cross_validated(PRESS, "rf", ROWS, 7, {})
    assert best.area > usual == best.usual
    assert best.parameters
    assert cross_validated(PRESS, "rf", ROWS, 7, best.parameters) == best.area, "what is found is what was judged"
    assert len(said) == best.trials == 8
    assert said[0] == f"trial 1 of 8: rf: {usual:.4f} (best {usual:.4f})"
    assert said[-1].startswith("trial 8 of 8: rf (min_samples_leaf ")


def test_one_seed_finds_the_same_again() -> None:
    assert found(["lr"], 6) == found(["lr"], 6)


def test_each_kind_has_its_turn_the_usual_ones_first() -> None:
    best, said = found(ALGORITHMS, 6)
    assert [line.split(": ")[1].split(" ")[0] for line in said] == [*ALGORITHMS, *ALGORITHMS]
    assert [line.split(": ")[1] for line in said[:3]] == list(ALGORITHMS)
    assert best.usual == max(cross_validated(PRESS, algorithm, ROWS, 7, {}) for algorithm in ALGORITHMS)


def test_no_trial_is_begun_after_the_time_is_over_but_one_of_each_kind_takes_place() -> None:
    best, said = found(ALGORITHMS, 50, seconds=0.0)
    assert len(said) == best.trials == 3
    best, said = found(["lr"], 50, seconds=3.5)
    assert best.trials == 4, "the clock ticks once a trial"
    assert found(["lr"], 1, seconds=0.0)[0].parameters == {}


@pytest.mark.parametrize("trials", [1, 4])
def test_nothing_worse_than_the_usual_is_ever_found(trials: int) -> None:
    perfect = training_set(a_history(200), [], 0)
    best = search(PRESS, ["lr"], perfect, 1, Budget(trials), lambda _: None, lambda: 0.0)
    assert best.area >= best.usual == pytest.approx(1.0)
    assert best.parameters == {}, "what is not better does not replace it"
