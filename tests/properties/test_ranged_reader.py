"""A file that is fetched in ranges reads as one that lies here."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import ranged_reader
from model.ranged_reader import RangedReader

CONTENT = bytes(range(256)) * 4

steps = st.lists(
    st.tuples(st.just("read"), st.integers(0, 1100), st.just(0))
    | st.tuples(st.just("seek"), st.integers(0, 1100), st.just(io.SEEK_SET))
    | st.tuples(st.just("seek"), st.integers(-1024, 40), st.just(io.SEEK_END)),
    max_size=30,
)


@given(steps, st.integers(1, 40), st.integers(1, 300))
def test_any_reads_and_seeks_give_the_same_bytes_and_places(
    steps: list[tuple[str, int, int]], first: int, most: int
) -> None:
    largest = 0

    def fetch(begin: int, count: int) -> bytes:
        nonlocal largest
        assert count > 0
        assert 0 <= begin < begin + count <= len(CONTENT), "a server refuses another range"
        largest = max(largest, count)
        return CONTENT[begin : begin + count]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranged_reader, "_FIRST", first)
        patch.setattr(ranged_reader, "_MOST", most)
        here, there = io.BytesIO(CONTENT), io.BufferedReader(RangedReader(len(CONTENT), fetch), 16)
        for what, number, whence in steps:
            if what == "read":
                assert there.read(number) == here.read(number)
            else:
                assert there.seek(number, whence) == here.seek(number, whence)
            assert there.tell() == here.tell()
    assert largest <= max(first, most, 1100)


def test_a_file_that_is_read_in_order_takes_few_fetches_and_a_header_a_small_one() -> None:
    size, fetched = 40_000_000, list[int]()

    def fetch(_: int, count: int) -> bytes:
        fetched.append(count)
        return bytes(count)

    file = io.BufferedReader(RangedReader(size, fetch), 1 << 16)
    file.read(100)
    assert sum(fetched) <= 1 << 18, "of a thousand files' headers nobody wants to fetch gigabytes"
    while file.read(1 << 16):
        pass
    assert sum(fetched) == size
    assert len(fetched) <= 10
    assert max(fetched) <= 1 << 23


def test_an_empty_file_is_read_without_asking() -> None:
    def fetch(*_: int) -> bytes:
        raise AssertionError("there is no range of nothing")

    assert RangedReader(0, fetch).read() == b""
