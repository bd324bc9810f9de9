"""What a reply does to the labels: looked up under the incident's lock, told as facts, and written."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from core.any_answer import AnyAnswer, read_any_answer
from core.label import Answer
from core.measured import Measurable
from core.reply import WHICH, Outcome, Reply
from core.reply_rules import Circumstances, Given, taken_back
from db.act import Act
from db.acts import act_of
from db.answerable import Sender, alerts_meant, classes_of, device_of, measurable_of, sender_of
from db.labels import (
    NewLabel,
    add_comment,
    add_label,
    labels_given,
    lock_incident_of,
    show_all_defects,
    show_answer,
    take_back,
)
from db.question_answers import answer
from db.reports import report_meant


class Known(NamedTuple):
    """What the database knows of a reply."""

    sender: Sender | None
    alerts: Sequence[int]
    """Those that it may mean."""
    given: Sequence[Given] = ()
    """The labels of the one alert that it means, or of the report, the newest first."""
    device: str = ""
    """Of the report that an undo means."""
    classes: Sequence[str] = ()
    """Of the machines of these alerts, where those have several defects."""
    measurable: Measurable | None = None
    """Of their machine, where a value is predicted."""
    act: Act | None = None
    """What it would do, where it is a command that does something or answers a question."""

    @property
    def circumstances(self) -> Circumstances:
        """In the words of the rules."""
        return Circumstances(
            operator=self.sender.id if self.sender else None,
            settles=self.sender is not None and self.sender.role == "engineer",
            alerts=self.alerts,
            classes=self.classes,
            measurable=self.measurable,
            newest=next(iter(self.given), None),
            settled=next((one for one in self.given if one.settles), None),
            act=self.act.outcome if self.act else None,
        )


def look_up(connection: Connection, reply: Reply) -> Known:
    """Who sent it and what it may mean; nobody else labels that incident until the transaction ends."""
    sender = sender_of(connection, reply)
    if sender is not None and (report := report_meant(connection, reply, sender)):
        return Known(sender, (), [report.label], report.device)
    if sender is not None and (act := act_of(connection, reply, sender) or answer(connection, reply, sender)):
        return Known(sender, (), act=act)
    alerts = alerts_meant(connection, reply, sender)
    classes, measurable = classes_of(connection, alerts), measurable_of(connection, alerts)
    if len(alerts) != 1:
        return Known(sender, alerts, classes=classes, measurable=measurable)
    lock_incident_of(connection, alerts[0])
    act = _which(connection, reply, alerts[0]) if sender is not None and classes else None
    given = labels_given(connection, alerts[0])
    return Known(sender, alerts, given, classes=classes, measurable=measurable, act=act)


def _which(connection: Connection, reply: Reply, alert: int) -> Act | None:
    """Show a button for each defect, where that is what was pressed."""
    if reply.text != WHICH or reply.refusal is not None:
        return None

    def write(_: int) -> None:
        show_all_defects(connection, alert, reply.channel, reply.chat)

    return Act(Outcome.DONE, {"alert": alert}, write)


def facts_of(connection: Connection, reply: Reply, known: Known, outcome: Outcome) -> dict[str, object]:
    """What became of the reply, as core.reply.ReplyOutcome lists it."""
    sender = known.sender
    facts: dict[str, object] = {"outcome": outcome.value, "sender": reply.sender, "by": sender.name if sender else ""}
    if known.act is not None:
        return {**facts, **known.act.facts}
    said = _said(reply, known, outcome)
    verdict = said.answer.verdict if said else None
    if known.device and verdict is not None:
        return facts | {"device": known.device, "verdict": verdict}
    if verdict is not None or outcome is Outcome.COMMENTED:
        facts |= {"alert": known.alerts[0], "device": device_of(connection, known.alerts[0]), "verdict": verdict}
        facts |= {"defect": said.defect} if said and said.defect else {}
        return facts | ({"value": said.value} if said and said.value is not None else {})
    if outcome is Outcome.WHICH_ALERT:
        facts["alerts"] = list(known.alerts)
    elif outcome is Outcome.REFUSED:
        facts["refusal"] = reply.refusal
    return facts


def judge(connection: Connection, reply: Reply, known: Known, outcome: Outcome, inbox: int) -> int | None:
    """Label the incident, or take its newest label back, and show that to all who got the alert; the new label.

    A comment is kept, and shown nowhere yet.
    """
    if known.act is not None:
        return known.act.write(inbox)
    label = None
    if outcome in (Outcome.LABELLED, Outcome.OVERRULED):
        label = add_label(connection, known.alerts[0], _new_label(reply, known, outcome), inbox)
    elif outcome is Outcome.UNDONE:
        undone = taken_back(reply, known.circumstances)
        assert undone is not None, "there is an answer to take back"
        take_back(connection, undone.label, undone.operator, inbox)
    else:
        if outcome is Outcome.COMMENTED and known.sender is not None:
            add_comment(connection, known.alerts[0], known.sender.id, reply.text.strip(), inbox)
        return None
    for alert in known.alerts:
        show_answer(connection, alert)
    return label


def _new_label(reply: Reply, known: Known, outcome: Outcome) -> NewLabel:
    said = read_any_answer(reply.text, known.classes, known.measurable)
    assert said is not None, "a reply without a verdict is no label"
    answer = said.answer
    assert known.sender is not None, "nor is a stranger's"
    now = known.circumstances
    counted = None if outcome is Outcome.OVERRULED else now.settled or now.newest
    corrects = counted.label if counted else None
    comment = reply.comment or answer.comment
    return NewLabel(known.sender.id, answer.verdict, comment, now.settles, corrects, said.defect, said.value)


def _said(reply: Reply, known: Known, outcome: Outcome) -> AnyAnswer | None:
    """What the reply is about: what it says, or what it takes back."""
    if outcome is Outcome.UNDONE:
        undone = taken_back(reply, known.circumstances)
        return undone and AnyAnswer(Answer(undone.verdict), undone.defect, undone.value)
    return read_any_answer(reply.text, known.classes, known.measurable) if outcome in _ANSWERS else None


_ANSWERS = (Outcome.LABELLED, Outcome.OVERRULED, Outcome.REPEATED)
