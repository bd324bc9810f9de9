"""The window in which a reading that was sent again is recognised by its id."""

from collections import deque
from collections.abc import Sequence

WINDOW = 20_000
"""Ids remembered of each partition: the newest stored ones."""


class RecentIds:
    """The newest ids of one partition."""

    def __init__(self, newest_first: Sequence[bytes] = (), window: int = WINDOW) -> None:
        self._window = window
        self._order = deque(reversed(newest_first))
        self._ids = set(newest_first)

    def repeats(self, ids: Sequence[bytes]) -> list[int]:
        """Which of `ids` (in the log's order) were there before, as indices; the others are remembered from now on."""
        fresh = ids
        repeated: list[int] = []
        if len(set(ids)) < len(ids) or not self._ids.isdisjoint(ids):
            fresh = []
            seen = set()
            for index, reading_id in enumerate(ids):
                if reading_id in seen or reading_id in self._ids:
                    repeated.append(index)
                else:
                    seen.add(reading_id)
                    fresh.append(reading_id)
        self._remember(fresh)
        return repeated

    def forget(self, reading_id: bytes) -> None:
        """The reading was not stored after all: the same one may come again."""
        if reading_id in self._ids:
            self._ids.remove(reading_id)
            self._order.remove(reading_id)

    def _remember(self, ids: Sequence[bytes]) -> None:
        self._order.extend(ids)
        self._ids.update(ids)
        surplus = len(self._order) - self._window
        if surplus > 0:
            self._ids.difference_update([self._order.popleft() for _ in range(surplus)])
