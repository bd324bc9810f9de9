"""What readings go through before a model, as a machine's file names it; fitted once, with the model."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Annotated

from msgspec import Meta, Struct


class Polynomial(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="polynomial"):
    """Every product of the columns up to this degree, behind the columns themselves."""

    degree: Annotated[int, Meta(ge=2, le=4)] = 2


class Quantile(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="quantile"):
    """Each column so that what the model learnt from is distributed normally; what lies beyond it goes on straight."""


class Scale(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="scale"):
    """Each column less its mean, in its standard deviations."""


class Components(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pca"):
    """Principal components in place of the columns."""

    components: Annotated[int, Meta(ge=1, le=1000)] | Annotated[float, Meta(gt=0, lt=1)]
    """So many, or as many as carry at least this share of the variance."""


Step = Polynomial | Quantile | Scale | Components
_OF_EVERY_TASK = (Scale, Components)


def step_problems(task: str, steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """What the types cannot say: pairs of the key and what is wrong with it."""
    if task == "one_class":
        return
    for place, (step, here) in enumerate(zip_longest(steps[:3], _OF_EVERY_TASK)):
        if step is None:
            return
        if not isinstance(step, _OF_EVERY_TASK):
            yield f"steps[{place}]", "is of task `one_class`, and of no other task"
        elif here is None or not isinstance(step, here):
            yield f"steps[{place}]", f"of task `{task}` there are scale and behind it pca, and nothing else"
