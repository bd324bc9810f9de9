"""What stands before a message's JSON: Confluent's serialisers write a zero and the number of its schema."""

from core.errors import InvalidReading

_PREFIX = 5
"""A byte 0, and four bytes of the schema's number, the highest first."""


def unframed(value: bytes) -> tuple[int, bytes]:
    """The schema's number and what follows it. Raises InvalidReading."""
    if len(value) < _PREFIX:
        raise InvalidReading("decode", f"framing: {len(value)} bytes are fewer than the {_PREFIX} before the JSON")
    if value[0]:
        raise InvalidReading("decode", f"framing: the first byte is {value[0]}, not 0")
    return int.from_bytes(value[1:_PREFIX]), value[_PREFIX:]
