"""Replies: what to make of what a person wrote or pressed. Decided here, with the reason, before anything is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from core.command import Asked, Command, read_command
from core.label import Answer, Verdict, read_answer
from core.report import Report

UNDO = f"/{Command.UNDO}"


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


class Given(NamedTuple):
    """A label that nobody took back."""

    label: int
    operator: int
    verdict: Verdict
    settles: bool = False
    """An engineer gave it."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known when a reply comes in."""

    operator: int | None
    """The active operator who sent it."""
    settles: bool = False
    """That is an engineer: no operator's answer comes before theirs."""
    alerts: Sequence[int] = ()
    """The alerts that it may mean."""
    newest: Given | None = None
    """The newest verdict on that one alert."""
    settled: Given | None = None
    """The newest that an engineer gave: the one that counts, where there is one."""
    act: Outcome | None = None
    """What a command comes to that does something, or an answer to a question."""


class ReplyOutcome(NamedTuple):
    """What became of a reply, as facts; the words are made where they are shown."""

    kind: Outcome
    facts: dict[str, object]
    """`outcome`, and as far as known `alert`, `alerts`, `device`, `verdict`, `by`, `sender`, `refusal`, `said`.

    Of a report `report` (`heard`: core.report.Heard, `readings`, `since`), or `asked` (`unclear`: why we ask back).
    """
    label: int | None = None


def outcome_of(reply: Reply, known: Circumstances) -> Outcome:
    """What the reply amounts to. Pure; a label only for an authorised, clear answer to exactly one alert."""
    if not reply.is_for_us:
        return Outcome.IGNORED
    if reply.refusal is not None:
        return Outcome.REFUSED
    if reply.asked is not None and reply.asked.command is not Command.UNDO and _welcomes(reply.asked, known):
        return Outcome.WELCOMED
    if known.operator is None:
        return Outcome.UNAUTHORISED
    if known.act is not None:
        return known.act
    if reply.asked is not None:
        return _undo(reply, known) if reply.is_undo else Outcome.TOLD
    answer = read_answer(reply.text)
    if answer is None:
        return Outcome.COMMENTED if _is_comment(reply, known) else Outcome.NOT_UNDERSTOOD
    if len(known.alerts) != 1:
        return Outcome.WHICH_ALERT if known.alerts else Outcome.UNKNOWN_ALERT
    return _label(Answer(answer.verdict, reply.comment or answer.comment), known)


def taken_back(reply: Reply, known: Circumstances) -> Given | None:
    """The label that an undo means: the sender's own, and the newest or the one that counts; None: there is none."""
    given = (one for one in (known.newest, known.settled) if one is not None and one.operator == known.operator)
    return next((one for one in given if reply.takes_back in (None, one.label)), None)


def _label(answer: Answer, known: Circumstances) -> Outcome:
    if not answer.comment and _says_already(answer.verdict, known):
        return Outcome.REPEATED
    differs = known.settled is not None and known.settled.verdict is not answer.verdict
    return Outcome.OVERRULED if differs and not known.settles else Outcome.LABELLED


def _says_already(verdict: Verdict, known: Circumstances) -> bool:
    """Whether it changes nothing; who became an engineer settles with the same words."""
    given = (one for one in (known.newest, known.settled) if one is not None and one.operator == known.operator)
    return any(one.verdict is verdict and (one.settles or not known.settles) for one in given)


def _welcomes(asked: Asked, known: Circumstances) -> bool:
    """Who is not known yet learns from any question how to become so."""
    return asked.command is Command.START or known.operator is None


def _is_comment(reply: Reply, known: Circumstances) -> bool:
    """Words that reply to the message of one alert."""
    return reply.replies_to is not None and len(known.alerts) == 1 and bool(reply.text.strip())


def _undo(reply: Reply, known: Circumstances) -> Outcome:
    return Outcome.NOTHING_TO_UNDO if taken_back(reply, known) is None else Outcome.UNDONE
