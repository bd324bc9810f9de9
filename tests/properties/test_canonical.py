"""What is parsed by the thousand is what the exact decoder says of each text alone."""

import uuid
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from consumer.canonical import parse_ids, parse_times
from core.batch import from_micros, to_micros

ZONED = Annotated[datetime, Meta(tz=True)]

usual_times = st.builds(
    lambda time, timespec, zone: time.isoformat(timespec=timespec) + zone,
    st.datetimes(),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
    st.sampled_from(["Z", "+00:00", "", "+05:30", "z"]),
)
usual_ids = st.builds(lambda reading_id, change: change(str(reading_id)), st.uuids(), st.sampled_from([str, str.upper]))


def spoilt(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One character of a text replaced by another, or left out."""
    character = st.characters() | st.sampled_from("0123456789-+:.TZ \0")
    return st.builds(
        lambda text, index, char, rest: text[: index % (len(text) + 1)] + char + text[index % (len(text) + 1) + rest :],
        texts,
        st.integers(0, 40),
        character | st.just(""),
        st.integers(0, 1),
    )


def exactly(text: str, kind: type) -> object:
    """What the exact decoder makes of the text; None where it refuses it."""
    try:
        return msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return None


@given(st.lists(usual_times | spoilt(usual_times) | st.text(max_size=33), max_size=6))
def test_a_time_parsed_among_others_is_the_time_it_says(texts: list[str]) -> None:
    times, valid = parse_times(texts)
    for text, time, fine in zip(texts, times.tolist(), valid.tolist(), strict=True):
        assert not fine or from_micros(time) == exactly(text, ZONED)


@given(st.lists(usual_ids | spoilt(usual_ids) | st.text(max_size=40), max_size=6))
def test_an_id_parsed_among_others_is_the_id_it_says(texts: list[str]) -> None:
    ids, valid = parse_ids(texts)
    for text, reading_id, fine in zip(texts, ids, valid.tolist(), strict=True):
        assert not fine or uuid.UUID(bytes=reading_id.tobytes()) == exactly(text, uuid.UUID)


@given(st.lists(st.datetimes(), min_size=1), st.sampled_from(["Z", "+00:00"]))
def test_times_as_most_producers_write_them_need_no_exact_decoder(times: list[datetime], zone: str) -> None:
    parsed, valid = parse_times([time.isoformat(timespec="microseconds") + zone for time in times])
    assert valid.all()
    assert parsed.tolist() == [to_micros(time.replace(tzinfo=UTC)) for time in times]


def test_what_one_text_lacks_its_neighbour_does_not_make_up_for() -> None:
    whole = "2026-11-21T10:00:00.000001Z"
    _, valid = parse_times([whole, whole[:-1], "Z" + whole, whole])
    assert valid.tolist() == [True, False, False, True]


def test_a_date_that_does_not_exist_is_left_to_the_exact_decoder() -> None:
    assert not parse_times(["2026-02-30T10:00:00Z"])[1].any()


def test_no_texts_are_no_times_and_no_ids() -> None:
    assert [len(column) for column in (*parse_times([]), *parse_ids([]))] == [0, 0, 0, 0]
    assert parse_ids([])[0].dtype == np.dtype("V16")
