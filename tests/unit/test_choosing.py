from collections.abc import Sequence

import numpy as np
import pytest

from core.errors import UserError
from core.history import History
from core.label import Verdict
from core.training import LabelledIncident
from core.training_options import TrainingOptions
from model.choosing import Chosen, choose
from model.cross_validation import cross_validated
from model.recipe import Recipe, divided
from model.search_budget import Budget
from model.training_set import training_set
from tests.builders import a_machine
from tests.model_builders import a_history, an_incident

PRESS = a_machine()
COMPARE = TrainingOptions("compare")


def chosen(
    history: History, options: TrainingOptions = COMPARE, incidents: Sequence[LabelledIncident] = ()
) -> tuple[Chosen, list[str]]:
    said: list[str] = []
    return choose(PRESS, history, Recipe("hgb", seed=3), options, incidents, said.append, Budget(trials=5)), said


def ringed(count: int = 900) -> History:
    """Faults both below and above the usual temperature, which no plane can part from it."""
    random = np.random.default_rng(4)
    fault = random.random(count) < 0.2
    sign = np.where(random.random(count) < 0.5, -1.0, 1.0)
    celsius = 65 + np.where(fault, sign * random.normal(18, 3, count), random.normal(0, 4, count))
    sensors = np.column_stack([celsius, random.normal(4, 0.5, count)])
    return History(sensors, fault, ["press-1"] * count, np.arange(count, dtype=np.int64))


def test_what_is_asked_for_is_fitted_without_a_comparison() -> None:
    assert chosen(a_history(), TrainingOptions()) == ((Recipe("hgb", seed=3), ""), [])
    assert chosen(a_history(), TrainingOptions("lr")) == ((Recipe("lr", seed=3), ""), [])


def test_the_best_of_all_is_found_and_how_each_did_is_said() -> None:
    found, said = chosen(ringed())
    assert found.recipe.algorithm in ("rf", "hgb")
    assert found.recipe.held_out_like(Recipe(seed=3)), "the rows held out stay those of the champion"
    assert [line.split(":")[0] for line in said] == ["lr", "rf", "hgb"]
    assert found.how.startswith(f"{found.recipe.algorithm} was best of all")
    assert all(line.split(" ")[2] in found.how for line in said)


def test_the_hold_out_has_no_say_in_who_wins() -> None:
    history = ringed()
    train, _ = divided(history, PRESS, Recipe(seed=3))
    area = cross_validated(PRESS, "rf", training_set(train, [], 3), 3, {})
    assert f"rf {area:.4f}" in chosen(history)[0].how


def test_verdicts_teach_in_every_fold_and_judge_in_none() -> None:
    history = a_history()
    train, _ = divided(history, PRESS, Recipe(seed=3))
    wrong = [an_incident(Verdict.FALSE_ALARM, [200.0 + place], label=place) for place in range(30)]
    rows = training_set(train, wrong, 3)
    assert rows.verdict.sum() == len(rows.fault) - len(train)
    assert cross_validated(PRESS, "lr", training_set(train, [], 3), 3, {}) > 0.99
    judged = cross_validated(PRESS, "rf", rows, 3, {})
    assert judged > 0.95, "two hundred degrees that are no fault make no base row harder to tell"


def test_too_few_faults_to_compare_are_said() -> None:
    history = a_history(40)
    fault = np.zeros(40, dtype=np.bool_)
    fault[:3] = True
    with pytest.raises(UserError, match="at least 3 of each"):
        chosen(History(history.sensors, fault, history.devices, history.times))
