"""Faulty readings of a recorded history, as troubles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.past_troubles import NO_TROUBLE, PastTroubles

ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=30)


def troubles(rows: list[tuple[str, bool]], chunk: int) -> list[int]:
    found, past = [], PastTroubles()
    for first in range(0, len(rows), chunk):
        part = rows[first : first + chunk]
        times = np.arange(first, first + len(part))
        found += past.of([device for device, _ in part], times, np.array([fault for _, fault in part])).tolist()
    return found


@given(ROWS, st.integers(1, 30))
def test_a_trouble_begins_with_the_devices_first_fault_in_a_row_however_the_history_is_cut(
    rows: list[tuple[str, bool]], chunk: int
) -> None:
    expected = []
    for row, (device, fault) in enumerate(rows):
        mine = [at for at in range(row + 1) if rows[at][0] == device]
        last_good = max((at for at in mine if not rows[at][1]), default=-1)
        expected.append(min(at for at in mine if at > last_good) if fault else NO_TROUBLE)
    assert troubles(rows, chunk) == expected
