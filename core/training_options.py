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
DRY_RUN, SEARCH = "dry-run", "search"
assert tuple(CHOICES) == get_args(Choice), "each has a name"


class TrainingOptions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Kept with the request. A trainer that does not know an option fails the request rather than ignore it."""

    algorithm: Choice | None = None
    """None: the champion's."""
    dry_run: bool = False
    """Only say what the gate would decide: nothing is published or promoted."""
    search: bool = False
    """Search for hyper-parameters."""
    called: str = ""
    """What a program of an older system calls the version that comes of it; empty: nothing."""


class ReadOptions(NamedTuple):
    """What somebody wrote after `/retrain`."""

    machine: str
    options: TrainingOptions | None
    """None: a word that is no option."""


def read_options(argument: str) -> ReadOptions:
    """The machine's name, and after it, in any order, at most one choice, `search` and `dry-run`."""
    machine, *said = argument.split() or [""]
    words = [word.removeprefix("--") for word in said]
    chosen: list[Choice] = [choice for choice in CHOICES if choice in words]
    dry_run, search = DRY_RUN in words, SEARCH in words
    if len(chosen) > 1 or len(words) != len(chosen) + dry_run + search:
        return ReadOptions(machine, None)
    return ReadOptions(machine, TrainingOptions(chosen[0] if chosen else None, dry_run=dry_run, search=search))
