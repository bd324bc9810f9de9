"""Replies: what a person wrote or pressed, and what can become of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from core.command import Asked, Command, read_command
from core.report import Report

UNDO = f"/{Command.UNDO}"
WHICH = "/which"
"""A button's: show a button for each defect."""


class Refusal(StrEnum):
    """Why a reply cannot be an answer, whoever sent it."""

    FORGED = "forged"
    """A button that we did not make."""
    FORWARDED = "forwarded"
    EDITED = "edited"
    SHARED_SENDER = "shared_sender"
    """Sent under an id that many people share: an anonymous group administrator, a channel."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person wrote or pressed, read from an update; the update itself is kept raw."""

    channel: str
    update_id: int | None
    """The channel's number of the update; None: the next number of its bot."""
    raw: str
    """The update as JSON text, untouched."""
    sender: str
    """The sender's id in the channel; for channel `shell` the operator's name."""
    chat: str
    text: str
    """What the person wrote, without the number where it names its alert; for a button, the answer it stands for."""
    alert: int | None = None
    """The alert it answers, where it names one (button, shell, or a number behind the answer)."""
    reference: str | None = None
    """The channel's id of the message it is; None: it is no message, and its receipt is none either."""
    replies_to: str | None = None
    """The reference of our message that it replies to."""
    comment: str = ""
    refusal: Refusal | None = None
    takes_back: int | None = None
    """The label that an undo means, where it names one: pressed twice, it takes no second one back."""
    question: int | None = None
    """The question that its button answers."""
    at: datetime | None = None
    """When it was sent; None: now."""
    report: Report | None = None
    """The missed fault that a form states; its text is the command then."""

    @property
    def asked(self) -> Asked | None:
        """The command that it is; None: it is none of ours."""
        return read_command(self.text)

    @property
    def is_undo(self) -> bool:
        """It takes the sender's newest answer back."""
        return self.asked is not None and self.asked.command is Command.UNDO

    @property
    def is_for_us(self) -> bool:
        """Not just people talking to each other in a group that the bot is in."""
        in_private = self.chat == self.sender
        names_one = self.alert is not None or self.question is not None
        points_at_us = names_one or self.replies_to is not None or self.refusal is Refusal.FORGED
        return in_private or points_at_us or self.asked is not None


class Outcome(StrEnum):
    """What became of a reply."""

    LABELLED = "labelled"
    OVERRULED = "overruled"
    """Another verdict than an engineer gave: kept as a label that does not count."""
    REPEATED = "repeated"
    """The same verdict of the same person again: no second label."""
    COMMENTED = "commented"
    """Words about an alert that are no verdict."""
    UNDONE = "undone"
    """The sender's newest answer was taken back; the one before it counts again."""
    NOTHING_TO_UNDO = "nothing_to_undo"
    """The newest answer is not the sender's, or not the one that was meant, or there is none."""
    REPLAYED = "replayed"
    """The same update again: nothing changed."""
    WELCOMED = "welcomed"
    TOLD = "told"
    """What the sender asked for."""
    REPORTED = "reported"
    """The readings of a missed fault are labelled."""
    DONE = "done"
    """What else a command was to do."""
    ASKED_BACK = "asked_back"
    """A command that would do something, but is unclear; nothing was done."""
    NOT_UNDERSTOOD = "not_understood"
    WHICH_ALERT = "which_alert"
    """Several alerts wait for an answer in this chat."""
    UNKNOWN_ALERT = "unknown_alert"
    UNAUTHORISED = "unauthorised"
    REFUSED = "refused"
    IGNORED = "ignored"

    @property
    def is_suspicious(self) -> bool:
        """An engineer should be able to look it up: it gets an audit row."""
        return self in (Outcome.UNAUTHORISED, Outcome.REFUSED)


class ReplyOutcome(NamedTuple):
    """What became of a reply, as facts; the words are made where they are shown."""

    kind: Outcome
    facts: dict[str, object]
    """`outcome`, as far as known `alert`, `alerts`, `device`, `verdict`, `defect`, `by`, `sender`, `refusal`, `said`.

    Of a report `report` (`heard`: core.report.Heard, `readings`, `since`), or `asked` (`unclear`: why we ask back).
    """
    label: int | None = None
