"""What to make of a reply. Decided here, with the reason, before anything is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.any_answer import AnyAnswer, read_any_answer
from core.command import Asked, Command
from core.label import Verdict
from core.measured import Measurable
from core.reply import Outcome, Reply


class Given(NamedTuple):
    """A label that nobody took back."""

    label: int
    operator: int
    verdict: Verdict
    settles: bool = False
    """An engineer gave it."""
    defect: str = ""
    """That it names."""
    value: float | None = None
    """That it measured."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known when a reply comes in."""

    operator: int | None
    """The active operator who sent it."""
    settles: bool = False
    """That is an engineer: no operator's answer comes before theirs."""
    alerts: Sequence[int] = ()
    """The alerts that it may mean."""
    classes: Sequence[str] = ()
    """Of their machines, where those have several defects."""
    measurable: Measurable | None = None
    """Of their machine, where a value is predicted."""
    newest: Given | None = None
    """The newest verdict on that one alert."""
    settled: Given | None = None
    """The newest that an engineer gave: the one that counts, where there is one."""
    act: Outcome | None = None
    """What a command comes to that does something, or an answer to a question."""


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
    said = read_any_answer(reply.text, known.classes, known.measurable)
    if said is None:
        return Outcome.COMMENTED if _is_comment(reply, known) else Outcome.NOT_UNDERSTOOD
    if len(known.alerts) != 1:
        return Outcome.WHICH_ALERT if known.alerts else Outcome.UNKNOWN_ALERT
    return _label(said, reply.comment or said.answer.comment, known)


def taken_back(reply: Reply, known: Circumstances) -> Given | None:
    """The label that an undo means: the sender's own, and the newest or the one that counts; None: there is none."""
    given = (one for one in (known.newest, known.settled) if one is not None and one.operator == known.operator)
    return next((one for one in given if reply.takes_back in (None, one.label)), None)


def _label(said: AnyAnswer, comment: str, known: Circumstances) -> Outcome:
    if not comment and _says_already(said, known):
        return Outcome.REPEATED
    differs = known.settled is not None and not _agree(said, known.settled)
    return Outcome.OVERRULED if differs and not known.settles else Outcome.LABELLED


def _agree(said: AnyAnswer, given: Given) -> bool:
    """The same verdict; who names no defect, or measured nothing, contradicts none."""
    same = said.defect in ("", given.defect) and said.value in (None, given.value)
    return said.answer.verdict is given.verdict and same


def _says_already(said: AnyAnswer, known: Circumstances) -> bool:
    """Whether it changes nothing; who became an engineer settles with the same words."""
    given = (one for one in (known.newest, known.settled) if one is not None and one.operator == known.operator)
    return any(_agree(said, one) and (one.settles or not known.settles) for one in given)


def _welcomes(asked: Asked, known: Circumstances) -> bool:
    """Who is not known yet learns from any question how to become so."""
    return asked.command is Command.START or known.operator is None


def _is_comment(reply: Reply, known: Circumstances) -> bool:
    """Words that reply to the message of one alert."""
    return reply.replies_to is not None and len(known.alerts) == 1 and bool(reply.text.strip())


def _undo(reply: Reply, known: Circumstances) -> Outcome:
    return Outcome.NOTHING_TO_UNDO if taken_back(reply, known) is None else Outcome.UNDONE
