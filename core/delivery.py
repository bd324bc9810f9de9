"""Deliveries that failed: when a message is sent again, and when it is given up."""

from typing import NamedTuple

from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Unauthorised

MOST_UNCLEAR = 3
"""Tries that may have arrived; after so many a message is dead."""
LONGEST_WAIT_S = 60.0


class NextTry(NamedTuple):
    """What happens to a message after a failed try."""

    state: str
    """`pending`: it surely did not arrive. `uncertain`: it may have. `dead`: given up, a person is told."""
    wait_s: float
    unclear: int
    """Tries so far that may have arrived."""


def after_failure(error: FaultlineError, tries: int, unclear: int) -> NextTry:
    """The state of a message after its `tries`-th try failed, `unclear` earlier ones of which may have arrived."""
    state = "uncertain" if unclear else "pending"  # an earlier copy may be there whatever became of this one
    match error:
        case NotSent(retry_after=asked) if asked > 0:
            return NextTry(state, asked, unclear)
        case NotSent():
            return NextTry(state, min(2.0 ** min(tries, 10), LONGEST_WAIT_S), unclear)
        case SendUnclear() if unclear + 1 < MOST_UNCLEAR:
            return NextTry("uncertain", 2.0 ** (unclear + 1), unclear + 1)
        case SendUnclear():
            return NextTry("dead", 0.0, unclear + 1)
        case ChatMoved() | Unauthorised():
            return NextTry(state, 0.0, unclear)
        case _:
            return NextTry("dead", 0.0, unclear)
