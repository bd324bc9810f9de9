"""What the loop waits for comes, or the wait ends: also when a signal arrives in the middle of it."""

import signal
import threading
import time
from types import FrameType

from consumer.handover import AHEAD, Ended, Handover

_WAIT_S = 0.05
_RESCUE_S = 5.0


def test_a_signal_whose_handling_outlasts_the_wait_does_not_make_it_endless() -> None:
    handover = Handover()
    began = time.monotonic()

    def handle(_: int, __: FrameType | None) -> None:
        while time.monotonic() < began + 2 * _WAIT_S:  # as a busy machine delays it
            pass

    rescue = threading.Timer(_RESCUE_S, handover.put, [Ended()])
    rescue.start()
    before = signal.signal(signal.SIGALRM, handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, _WAIT_S / 5)
        assert handover.take(_WAIT_S) is None
    finally:
        signal.signal(signal.SIGALRM, before)
        rescue.cancel()
        rescue.join()


def test_what_is_there_is_taken_at_once() -> None:
    handover = Handover()
    ended = Ended()
    handover.put(ended)
    assert handover.take(0) is ended
    assert handover.take(0) is None


def test_works_are_fetched_ahead_up_to_a_limit() -> None:
    handover = Handover()
    assert [handover.may_fetch(0) for _ in range(AHEAD + 1)] == [True] * AHEAD + [False]
    handover.slot_free()
    assert handover.may_fetch(0)


def test_not_ahead_means_that_nothing_is_under_way() -> None:
    handover = Handover()
    assert handover.may_fetch(0, ahead=False)
    assert not handover.may_fetch(0, ahead=False)
    assert handover.may_fetch(0)
    handover.slot_free()
    assert not handover.may_fetch(0, ahead=False)
    handover.slot_free()
    assert handover.may_fetch(0, ahead=False)
