"""When a demo ends."""

from app.commands.demo import _over
from tests.processes import wait_until


def test_a_demo_of_so_many_seconds_ends_by_itself_and_not_before() -> None:
    wait_until(_over(lambda: False, 0.05), "the seconds are over")
    assert not _over(lambda: False, 1e9)()


def test_a_demo_without_an_end_ends_when_it_is_told_to() -> None:
    assert not _over(lambda: False, None)()
    assert _over(lambda: True, None)()
    assert _over(lambda: True, 1e9)()
