"""Rows of many files without doubles, and a draw of them: the same however they lie in files, whoever reads these."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.history import History
from core.row_sample import KeyedRows, in_order, keyed, sample

Row = tuple[int, str, float, bool]
rows = st.tuples(
    st.integers(0, 5), st.sampled_from(["a", "b"]), st.sampled_from([0.0, 1.5, float("nan")]), st.booleans()
)
lakes = st.lists(st.lists(rows, max_size=12), min_size=1, max_size=5)
CLASSES = np.array([0, 1], dtype=np.int16)


def history(found: list[Row]) -> History:
    times, devices, sensors, faults = ([row[at] for row in found] for at in range(4))
    fault = np.array(faults, dtype=np.bool_)
    numbers = np.array(sensors, dtype=np.float64)
    return History(
        np.column_stack([numbers, numbers + 1]),
        fault,
        [str(device) for device in devices],
        np.array(times, dtype=np.int64),
        CLASSES[fault.astype(np.int64)],
    ).in_order()


def said(found: History) -> list[tuple[object, ...]]:
    assert found.classes is not None
    sensors, fault, classes = found.sensors.tolist(), found.fault.tolist(), found.classes.tolist()
    columns = zip(found.times.tolist(), found.devices, sensors, fault, classes, strict=True)
    return [(time, device, str(numbers), fault, kind) for time, device, numbers, fault, kind in columns]


def files_of(lake: list[list[Row]], seed: int) -> list[KeyedRows]:
    return [keyed(history(file), number, seed) for number, file in enumerate(lake)]


@given(lakes, st.integers(0, 2**64 - 1))
def test_each_row_is_there_once_in_order_of_time(lake: list[list[Row]], seed: int) -> None:
    found = said(in_order(sample(files_of(lake, seed), most=1_000)))
    everything = [row for file in lake for row in said(history(file))]
    assert len(found) == len(set(found))
    assert set(found) == set(everything)
    assert [row[0] for row in found] == sorted(row[0] for row in found)  # type: ignore[type-var]  # times are numbers


@given(lakes, st.integers(1, 20), st.integers(0, 3), st.randoms(use_true_random=False))
def test_a_sample_of_samples_is_the_sample_of_all_whatever_comes_first(
    lake: list[list[Row]], most: int, seed: int, random: Random
) -> None:
    at_once = sample(files_of(lake, seed), most)
    parts = [sample([part], most) for part in files_of(lake, seed)]
    random.shuffle(parts)
    in_turn = parts[0]
    for part in parts[1:]:
        in_turn = sample([in_turn, part], most)
    assert in_turn.keys.tolist() == at_once.keys.tolist()
    assert in_turn.places.tolist() == at_once.places.tolist()
    assert said(in_order(in_turn)) == said(in_order(at_once))
    assert len(at_once.keys) == min(most, len({row for file in lake for row in said(history(file))}))


def test_another_seed_draws_other_rows_and_every_row_has_its_chance() -> None:
    count, draws = 200, 300
    lake = [[(at, "a", float(at), False) for at in range(count)]]
    drawn = np.zeros(count)
    for seed in range(draws):
        drawn[in_order(sample(files_of(lake, seed), most=50)).times] += 1
    # Each is drawn 75 times of 300, within five standard deviations of that.
    assert abs(drawn - 75).max() < 5 * np.sqrt(draws * 0.25 * 0.75)
