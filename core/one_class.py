"""What a one-class model is: how much of what it learns from may lie outside, and how near the rest is."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class OneClassPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Where normal ends."""

    outside: Annotated[float, Meta(gt=0, le=0.5)] = 0.05
    """Share of the rows that it learns from that may lie outside: the SVM's nu."""
    reach: Annotated[float, Meta(gt=0, lt=1000)] | Literal["scale"] = "scale"
    """How near a reading must be to those it learnt from: the SVM's gamma. Less is smoother, more is closer."""
