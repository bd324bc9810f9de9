"""How a new model is to be trained: what people choose when they ask for one."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from msgspec import Struct

Algorithm = Literal["lr", "rf", "hgb"]
"""Logistic regression, random forest, histogram gradient boosting."""
Choice = Literal["lr", "rf", "hgb", "compare"]
"""One of them, or whichever is best of all."""

ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
CHOICES: Mapping[Choice, str] = {
    "lr": "Logistic regression",
    "rf": "Random forest",
    "hgb": "Histogram gradient boosting",
    "compare": "The best of all three",
}
assert tuple(CHOICES) == get_args(Choice), "each has a name"


class TrainingOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Kept with the request. A trainer that does not know an option fails the request rather than ignore it."""

    algorithm: Choice | None = None
    """None: the champion's."""


class ReadOptions(NamedTuple):
    """What somebody wrote after `/retrain`."""

    machine: str
    options: TrainingOptions | None
    """None: a word that is no option."""


def read_options(argument: str) -> ReadOptions:
    """The machine's name, and after it at most one choice."""
    machine, *words = argument.split() or [""]
    chosen = [choice for choice in CHOICES if choice in words]
    if len(words) > 1 or len(chosen) != len(words):
        return ReadOptions(machine, None)
    return ReadOptions(machine, TrainingOptions(*chosen))
