from collections.abc import Callable

import pytest

from app.patience import Patience
from core.errors import Unavailable, UserError


class Clock:
    """Time that passes only by waiting."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def failing(*errors: Exception) -> Callable[[], None]:
    left = list(errors)

    def action() -> None:
        if left:
            raise left.pop(0)

    return action


def test_a_server_that_is_only_starting_is_waited_for() -> None:
    clock = Clock()
    Patience(10, clock, clock.pause)(failing(Unavailable("starting"), Unavailable("starting")))
    assert 0 < clock.now < 10


def test_a_server_that_never_comes_is_given_up_in_the_end() -> None:
    clock = Clock()
    with pytest.raises(Unavailable, match="gone"):
        Patience(10, clock, clock.pause)(failing(*[Unavailable("gone")] * 100))
    assert 10 <= clock.now < 12


def test_all_actions_share_the_time() -> None:
    clock = Clock()
    patience = Patience(10, clock, clock.pause)
    patience(failing(*[Unavailable("starting")] * 9))
    with pytest.raises(Unavailable):
        patience(failing(*[Unavailable("starting")] * 9))


def test_what_waiting_does_not_mend_is_not_waited_for() -> None:
    clock = Clock()
    with pytest.raises(UserError):
        Patience(10, clock, clock.pause)(failing(UserError("wrong password")))
    assert clock.now == 0
