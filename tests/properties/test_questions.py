"""Which readings are asked about: the same when drawn twice, never too many, and the audit speaks for all."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.question import GROUP, Pool, Window, draw, how_many, pick

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Readings with ids of their own."""
    ids = draw(st.lists(st.binary(min_size=16, max_size=16), max_size=60, unique=True))
    share = st.floats(0, 1)
    columns = [np.array(draw(st.lists(share, min_size=len(ids), max_size=len(ids)))) for _ in range(2)]
    return Window(ids, columns[0], np.full(len(ids), draw(st.floats(0.01, 1))), columns[1])


@given(windows(), st.integers(0, 9), st.booleans(), st.randoms())
def test_whoever_draws_again_draws_the_same_in_whatever_order_the_readings_come(
    window: Window, most: int, nearest: bool, random: np.random.RandomState
) -> None:
    order = list(range(len(window.ids)))
    random.shuffle(order)
    places = np.array(order, dtype=np.int64)
    shuffled = Window([window.ids[place] for place in order], *(column[places] for column in window[1:]))
    once = {(window.ids[one.row], one.pool, one.weight) for one in draw(window, most, nearest=nearest)}
    again = {(shuffled.ids[one.row], one.pool, one.weight) for one in draw(shuffled, most, nearest=nearest)}
    assert once == again


@given(windows(), st.integers(0, 9))
def test_no_reading_is_asked_about_twice_and_each_belongs_to_its_pool(window: Window, most: int) -> None:
    drawn = draw(window, most)
    assert len({one.row for one in drawn}) == len(drawn) <= min(most, len(GROUP), len(window.ids))
    for one in drawn:
        threshold = window.thresholds[one.row]
        assert one.pool is not Pool.BAND or min(0.1, threshold / 2) <= window.scores[one.row] < threshold
        assert one.pool is not Pool.TAIL or window.tails[one.row] > 0
        assert one.weight >= 1
    assert [one.pool for one in drawn].count(Pool.AUDIT) == min(1, most, len(window.ids))


@given(windows())
def test_where_scores_are_an_order_the_band_is_what_is_nearest_to_an_alarm(window: Window) -> None:
    drawn = draw(window, len(GROUP), nearest=True)
    band = [one for one in drawn if one.pool is Pool.BAND]
    assert {one.weight for one in band} <= {1.0}
    audited = [one.row for one in drawn if one.pool is Pool.AUDIT]
    quiet = [row for row, score in enumerate(window.scores) if score < window.thresholds[row] and row not in audited]
    nearest = sorted((float(window.scores[row]) for row in quiet), reverse=True)[: len(band)]
    assert sorted((float(window.scores[one.row]) for one in band), reverse=True) == nearest


@given(st.lists(st.integers(0, 7200), max_size=80), st.integers(0, 40))
def test_nobody_is_asked_more_often_in_any_day_than_the_budget_says(waits: list[int], a_day: int) -> None:
    now, asked = NOON, list[datetime]()
    for minutes in waits:
        now += timedelta(minutes=minutes)
        asked += [now] * how_many(now, asked, NOON, a_day)
    for end in asked:
        assert sum(end - timedelta(days=1) < time <= end for time in asked) <= a_day


def test_a_budget_is_used_evenly_over_the_day() -> None:
    asked: list[datetime] = []
    for minute in range(2 * 24 * 60):
        asked += [NOON + timedelta(minutes=minute)] * how_many(NOON + timedelta(minutes=minute), asked, NOON, 20)
    hours = sorted({(time - NOON) // timedelta(hours=1) for time in asked})
    assert hours == [6, 12, 18, 24, 30, 36, 42]


@given(st.integers(1, 10**9), st.binary())
def test_a_window_is_one_of_those_there_are(count: int, key: bytes) -> None:
    assert 0 <= pick(count, key) < count


def test_the_audit_estimates_how_many_faults_are_missed_without_bias() -> None:
    """A population of 6 windows of 10 to 60 readings, 23 of them faults, drawn from under 6000 sets of ids."""
    random = np.random.default_rng(7)
    sizes = [10, 20, 30, 40, 50, 60]
    faults = [random.random(size) < share for size, share in zip(sizes, [0.9, 0, 0.1, 0.1, 0.05, 0.02], strict=True)]
    truth = sum(int(found.sum()) for found in faults)
    estimates = []
    for trial in range(6000):
        place = pick(len(sizes), trial.to_bytes(4))
        size = sizes[place]
        ids = [random.bytes(16) for _ in range(size)]
        # Faults are the likelier ones: what the other pools take must not change what the audit says.
        window = Window(ids, np.where(faults[place], 0.6, 0.05), np.full(size, 0.9), faults[place].astype(float))
        audits = [one for one in draw(window, 5) if one.pool is Pool.AUDIT]
        estimates.append(len(sizes) * sum(one.weight * faults[place][one.row] for one in audits))
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert truth > 10
    assert abs(np.mean(estimates) - truth) < 3 * error
