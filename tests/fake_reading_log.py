"""core.kept_readings.ReadingLog in memory: readings in short windows, one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.batch import to_micros
from core.kept_readings import BEGINNING, KeptMachine, KeptReadings, LogPlace, Wanted, Window
from tests.builders import NOON

PRESS = KeptMachine(1, ("temperature", "pressure"), (), tells_value=False)
_SECOND = 1_000_000


def kept(
    offsets: Sequence[int],
    device: str = "press-1",
    scores: Sequence[float] = (),
    quality: Sequence[int] = (),
    threshold: float = 0.9,
    classes: Sequence[int] = (),
) -> KeptReadings:
    """Readings of partition 0, a second apart, of two sensors of which the second is absent."""
    count = len(offsets)
    places = np.array(offsets, dtype=np.int64)
    return KeptReadings(
        "readings.press",
        0,
        places,
        np.frombuffer(b"".join(bytes(12) + int(offset).to_bytes(4, "big") for offset in offsets), "V16"),
        [device] * count,
        to_micros(NOON) + places * _SECOND,
        np.column_stack([70.0 + places, np.full(count, np.nan)]),
        np.array(quality or [0] * count, dtype=np.int16),
        np.array(classes or [0] * count, dtype=np.int16),
        np.array(scores or [0.5] * count),
        np.full(count, np.nan),
        np.ones(count, dtype=np.int64),
        np.full(count, threshold),
    )


@dataclass
class FakeReadingLog:
    """Every operator follows the machines that are named."""

    machines: dict[str, KeptMachine] = field(default_factory=dict)
    pieces: list[KeptReadings] = field(default_factory=list)
    """What each window holds once it was filtered."""
    asked: list[Wanted] = field(default_factory=list)
    looked_through: int = 0
    """Windows."""

    def machine(self, operator: int, name: str) -> KeptMachine | None:
        return self.machines.get(name)

    def windows(self, wanted: Wanted, start: LogPlace = BEGINNING, most: int | None = None) -> Iterator[Window]:
        self.asked.append(wanted)
        left = most
        for number, piece in enumerate(self.pieces[start.partition :], start.partition):
            self.looked_through += 1
            first = start.offset if number == start.partition else 0
            rows = np.flatnonzero(piece.offsets >= first).tolist()
            found = _only(piece, rows[:left])
            if left is not None and len(rows) >= left:
                yield Window(found, LogPlace(1, number, int(found.offsets[-1]) + 1))
                return
            left = None if left is None else left - len(rows)
            yield Window(found, LogPlace(1, number + 1, 0))


def _only(piece: KeptReadings, rows: Sequence[int]) -> KeptReadings:
    columns: dict[str, Any] = {
        name: column[rows] if isinstance(column, np.ndarray) else column for name, column in piece._asdict().items()
    }
    return KeptReadings(**{**columns, "devices": [piece.devices[row] for row in rows]})
