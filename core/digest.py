"""Digests: when alerts that wait for one chat are told in one message, and why."""

from enum import StrEnum

MOST_ALONE = 10
"""So many alerts in ten minutes are what a person can take in (EEMUA 191); more that wait at once are a flood."""
SHOWN = 10
"""Alerts that a digest tells of one by one, the worst first; the others it counts."""
_AT_ONCE_S = 60.0


class Grouping(StrEnum):
    """Why alerts are told in one message, or not."""

    NONE = "none"
    """They are few: each is a message of its own, with its sensors and what to do."""
    AT_ONCE = "at_once"
    """Many devices at about the same time: perhaps one cause."""
    BACKLOG = "backlog"
    """They waited while the chat could not be reached."""
    KEPT = "kept"
    """They were kept from this chat: in its quiet hours, or until nobody else had answered."""
    UNANSWERED = "unanswered"
    """They were told before, and are told again."""


def why_digest(alerts: int, waited_s: float, *, again: bool = False, kept: bool = False) -> Grouping:
    """Whether so many alerts that wait for a chat, the oldest for `waited_s` seconds, are told in one message.

    `again`: the first of them was told before; `kept`: it was kept from the chat until now.
    """
    if alerts <= MOST_ALONE:
        return Grouping.NONE
    if again or kept:
        return Grouping.UNANSWERED if again else Grouping.KEPT
    return Grouping.BACKLOG if waited_s > _AT_ONCE_S else Grouping.AT_ONCE
