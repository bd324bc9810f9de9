"""How a machine's messages are written, where that is not our way."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Field = Annotated[str, Meta(min_length=1, max_length=200)]


class MessageShape(Struct, frozen=True, forbid_unknown_fields=True):
    """Which field holds what. Absent: `id`, `device`, `time` and an object `sensors`, and nothing before the JSON."""

    framing: Literal["none", "confluent"] = "none"
    """`confluent`: a zero byte and the four bytes of its schema's number stand before the JSON."""
    layout: Literal["nested", "flat"] = "nested"
    """`flat`: sensors stand beside the id, not in an object of their own."""
    id: Field = "id"
    device: Field = "device"
    time: Field = "time"
    strict: bool = False
    """A message that lacks a required sensor is a dead letter, as by a JSON Schema; else it is stored with a flag."""


OURS = MessageShape()
