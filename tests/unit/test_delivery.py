import pytest

from core.delivery import after_failure
from core.errors import ChatMoved, FaultlineError, ModelRefused, NotSent, SendUnclear, Unauthorised, Undeliverable


@pytest.mark.parametrize(
    ("error", "tries", "unclear", "state", "wait", "unclear_after"),
    [
        (NotSent("refused"), 1, 0, "pending", 2.0, 0),
        (NotSent("refused"), 3, 0, "pending", 8.0, 0),
        (NotSent("refused"), 100_000, 0, "pending", 60.0, 0),
        (NotSent("flood", retry_after=300), 1, 0, "pending", 300.0, 0),
        (NotSent("refused"), 2, 1, "uncertain", 4.0, 1),
        (SendUnclear("no answer"), 1, 0, "uncertain", 2.0, 1),
        (SendUnclear("no answer"), 2, 1, "uncertain", 4.0, 2),
        (SendUnclear("no answer"), 3, 2, "dead", 0.0, 3),
        (Undeliverable("blocked"), 1, 0, "dead", 0.0, 0),
        (ChatMoved("-100"), 1, 0, "pending", 0.0, 0),
        (Unauthorised("token"), 1, 1, "uncertain", 0.0, 1),
        (ModelRefused("no delivery at all"), 1, 0, "dead", 0.0, 0),
    ],
)
def test_what_follows_from_a_failed_try(
    error: FaultlineError, tries: int, unclear: int, state: str, wait: float, unclear_after: int
) -> None:
    assert after_failure(error, tries, unclear) == (state, wait, unclear_after)
