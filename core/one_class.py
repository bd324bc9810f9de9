"""What a one-class model is made of: steps before it, and how much of what it learns from may lie outside."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class Polynomial(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="polynomial"):
    """Every product of the columns up to this degree, behind the columns themselves."""

    degree: Annotated[int, Meta(ge=2, le=4)] = 2


class Quantile(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="quantile"):
    """Each column so that what the model learnt from is distributed normally; what lies beyond it goes on straight."""


class Scale(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="scale"):
    """Each column less its mean, in its standard deviations."""


Step = Polynomial | Quantile | Scale


class OneClassPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Where normal ends."""

    outside: Annotated[float, Meta(gt=0, le=0.5)] = 0.05
    """Share of the rows that it learns from that may lie outside: the SVM's nu."""
    reach: Annotated[float, Meta(gt=0, lt=1000)] | Literal["scale"] = "scale"
    """How near a reading must be to those it learnt from: the SVM's gamma. Less is smoother, more is closer."""
