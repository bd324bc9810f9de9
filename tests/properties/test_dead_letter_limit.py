"""The limit of dead letters stops at the same message however the log was cut into batches."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.dead_letter_limit import DeadLetterLimit, outcomes, overrun

LIMITS = st.builds(
    DeadLetterLimit,
    run=st.integers(0, 12),
    ratio=st.sampled_from([0.0, 0.1, 0.34, 0.5, 1.0]),
    of_last=st.integers(1, 20),
)


def by_definition(dead: Sequence[bool], limit: DeadLetterLimit) -> int | None:
    """The first message with which the limit is passed, from the words of the limit alone."""
    for at in range(len(dead)):
        last = dead[max(0, at + 1 - limit.of_last) : at + 1]
        in_a_row = limit.run > 0 and at + 1 >= limit.run and all(dead[at + 1 - limit.run : at + 1])
        too_large = limit.ratio > 0 and sum(last) >= limit.ratio * limit.of_last
        if dead[at] and (in_a_row or too_large):
            return at
    return None


def in_batches(dead: Sequence[bool], sizes: Sequence[int], limit: DeadLetterLimit) -> int | None:
    remembered, start = b"", 0
    for size in [*sizes, len(dead)]:
        batch = np.array(dead[start : start + size], dtype=np.bool_)
        if found := overrun(remembered, batch, limit):
            return start + found.at
        remembered = outcomes(remembered, batch, limit)
        start += size
    return None


@given(st.lists(st.booleans(), max_size=80), st.lists(st.integers(0, 30), max_size=10), LIMITS)
def test_whatever_the_batches_were_it_stops_where_the_words_of_the_limit_say(
    dead: list[bool], sizes: list[int], limit: DeadLetterLimit
) -> None:
    assert in_batches(dead, sizes, limit) == by_definition(dead, limit)


@given(st.lists(st.booleans(), max_size=80), LIMITS, LIMITS)
def test_what_was_remembered_under_another_limit_is_understood(
    dead: list[bool], before: DeadLetterLimit, after: DeadLetterLimit
) -> None:
    remembered = outcomes(b"", np.array(dead, dtype=np.bool_), before)
    overrun(remembered, np.array([True]), after)


def test_a_log_without_dead_letters_is_remembered_in_no_bytes() -> None:
    limit = DeadLetterLimit()
    poisoned = outcomes(b"", np.array([True]), limit)
    assert poisoned != b""
    assert outcomes(poisoned, np.zeros(limit.of_last, dtype=np.bool_), limit) == b""
