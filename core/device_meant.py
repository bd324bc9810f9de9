"""Which device a person means: names are written as people remember them, and words may follow."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

_MOST_WORDS = 8
_NEAREST = 3


class DeviceName(NamedTuple):
    """A device of a machine."""

    machine: str
    device: str

    @property
    def full(self) -> str:
        """How to name it where several machines have a device of that name."""
        return f"{self.machine}/{self.device}"


class Unclear(StrEnum):
    """Why we ask back which device is meant."""

    NO_DEVICE = "no_device"
    UNKNOWN_DEVICE = "unknown_device"
    WHICH_MACHINE = "which_machine"


def beginnings(words: str) -> Sequence[str]:
    """What may be the device's name in what a person wrote, the longest first."""
    ends = [word.end() for word in re.finditer(r"\S+", words)]
    return [words[:end].strip() for end in reversed(ends[:_MOST_WORDS])]


def named(beginning: str, devices: Sequence[DeviceName]) -> Sequence[DeviceName]:
    """Those that the beginning names, `NAME` or `MACHINE/NAME`; in any case, unless one is written just so."""
    exact = [one for one in devices if beginning in (one.device, one.full)]
    lower = beginning.lower()
    return exact or [one for one in devices if lower in (one.device.lower(), one.full.lower())]


def nearest(written: str, devices: Sequence[DeviceName]) -> Sequence[str]:
    """The names that are most like the first word of what was written, at most three."""
    word = (written.split() or [""])[0].lower()
    spoken = [one.full if "/" in word else one.device for one in devices]
    names = {name.lower(): name for name in spoken}
    return [names[name] for name in get_close_matches(word, names, _NEAREST, cutoff=0.5)]
