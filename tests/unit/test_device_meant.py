"""Which device a person means."""

from hypothesis import given
from hypothesis import strategies as st

from core.device_meant import DeviceName, beginnings, named, nearest

PRESS_7, PUMP_7 = DeviceName("press", "T-7"), DeviceName("pump", "T-7")
LOWER = DeviceName("press", "t-7")
TWO_WORDS = DeviceName("press", "T-7 10m")


def test_the_longest_beginning_is_tried_first() -> None:
    assert beginnings(" T-7 10m  humming ") == ["T-7 10m  humming", "T-7 10m", "T-7"]
    assert beginnings("  ") == []


def test_a_name_is_found_in_any_case_unless_one_is_written_just_so() -> None:
    assert named("t-7", [PRESS_7]) == [PRESS_7]
    assert named("t-7", [PRESS_7, LOWER]) == [LOWER]
    assert named("T-7 10m", [PRESS_7, TWO_WORDS]) == [TWO_WORDS]
    assert named("T-8", [PRESS_7]) == []


def test_a_name_of_two_machines_is_told_apart_by_the_machines_name() -> None:
    assert named("T-7", [PRESS_7, PUMP_7]) == [PRESS_7, PUMP_7]
    assert named("PUMP/t-7", [PRESS_7, PUMP_7]) == [PUMP_7]


def test_the_nearest_names_are_those_most_like_the_first_word() -> None:
    devices = [DeviceName("press", f"press-{number}") for number in range(20)] + [DeviceName("pump", "Oven")]
    assert nearest("pres-3 10m", devices)[0] == "press-3"
    assert nearest("oven", devices) == ["Oven"]
    assert nearest("pumps/oven", devices) == ["pump/Oven"]
    assert len(nearest("press", devices)) == 3
    assert nearest("zzz", devices) == []
    assert nearest("", devices) == []


@given(st.text())
def test_any_words_have_beginnings_that_they_begin_with(words: str) -> None:
    assert all(words.strip().startswith(beginning) for beginning in beginnings(words))
