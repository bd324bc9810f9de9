"""Sensors that a message may write as words, such as `"BOPP"`, where the machine's file gives each a number."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

Words = Mapping[str, Mapping[str, float]]
"""Sensor → word → number."""


def sensor_type(words: Mapping[str, float] | None) -> Any:  # of a struct's field
    """What msgspec decodes a sensor as: a number, or one of the words; another word is an error that names it."""
    return float | Literal[tuple(words)] if words else float


def put_numbers(sensors: Struct, words: Words) -> None:
    """Replace the words of decoded sensors by their numbers."""
    for name, numbers in words.items():
        if isinstance(found := getattr(sensors, name), str):
            setattr(sensors, name, numbers[found])
