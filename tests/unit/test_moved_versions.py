import pytest

from core.errors import ModelRefused
from model.moved_versions import decode, encode, followed


def test_what_moved_twice_is_found_where_it_is_now() -> None:
    first = {"model.pkl": {"a1": "b1", "a2": "b2"}, "only-then": {"a": "b"}}
    second = {"model.pkl": {"b1": "c1", "b3": "c3"}, "new": {"b": "c"}}
    assert followed(first, second) == {
        "model.pkl": {"a1": "c1", "a2": "b2", "b1": "c1", "b3": "c3"},
        "only-then": {"a": "b"},
        "new": {"b": "c"},
    }


def test_a_list_is_read_as_it_was_written_and_where_there_is_none_nothing_moved() -> None:
    moved = {"model.pkl": {"a": "b"}}
    assert decode(encode(moved)) == moved
    assert decode(None) == {}


def test_a_list_that_somebody_spoilt_is_refused_by_its_name() -> None:
    with pytest.raises(ModelRefused, match=r"restored-versions\.json"):
        decode(b"{")
