"""The window of duplicates, when a reading in it turns out not to be stored."""

from consumer.duplicates import RecentIds


def test_an_id_that_was_not_stored_may_come_again_and_is_then_remembered_like_any_other() -> None:
    recent = RecentIds(window=3)
    assert recent.repeats([b"a", b"b"]) == []
    recent.forget(b"a")
    assert recent.repeats([b"a"]) == []
    assert recent.repeats([b"c", b"a", b"b"]) == [1, 2], "the window holds the newest three: b, a, c"
    assert recent.repeats([b"d"]) == []
    assert recent.repeats([b"a", b"b"]) == [0], "d pushed b out, the oldest, and not a"


def test_forgetting_what_is_not_remembered_changes_nothing() -> None:
    recent = RecentIds([b"a"])
    recent.forget(b"b")
    assert recent.repeats([b"a"]) == [0]
