"""What a model that did not learn from an answer is sure of, to hold the answer against."""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from core.batch import Floats
from core.incident_policy import IncidentPolicy
from core.label import Verdict
from core.training import LabelledIncident
from core.verdict_replay import strength


def second_opinions(
    incidents: Sequence[LabelledIncident],
    policy: IncidentPolicy,
    threshold: float,
    scores_of: Callable[[Floats], Floats],
    taught: Collection[int],
) -> Mapping[int, Verdict]:
    """Label → what the model is sure of; `taught`: the labels that it learnt from, of which it says nothing.

    Sure it is of a fault that would still ring at a threshold halfway to certainty, and of none that would not ring at
    half of its threshold.
    """
    asked = [one for one in incidents if one.label not in taught and len(one.sensors)]
    if not asked:
        return {}
    scores = scores_of(np.concatenate([one.sensors for one in asked]))
    parts = np.split(scores, np.cumsum([len(one.sensors) for one in asked])[:-1])
    opinions = {}
    for one, part in zip(asked, parts, strict=True):
        level = strength(part, policy)
        if level >= (1 + threshold) / 2:
            opinions[one.label] = Verdict.FAULT
        elif level <= threshold / 2:
            opinions[one.label] = Verdict.FALSE_ALARM
    return opinions
