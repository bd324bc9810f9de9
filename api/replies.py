"""What a person pressed on the page, as a reply like any other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import msgspec
from fastapi import HTTPException

from core.command import Command
from core.label import Verdict
from core.login import Visitor
from core.reply import UNDO, Reply
from core.report import Report

CHANNEL = "page"
_LONGEST_COMMENT = 2000
_LONGEST_DEFECT = 24
_LONGEST_VALUE = 40


def answer_of(visitor: Visitor, alert: int, fields: Mapping[str, str]) -> Reply:
    """The answer that a form gives, the defect or the measured value. HTTPException where it gives none of them."""
    said = fields.get("defect", "")[:_LONGEST_DEFECT] or _measured(fields) or _verdict(fields)
    return replace(_reply(visitor, {"alert": alert}, fields, said, comment=_comment(fields)), alert=alert)


def undo_of(visitor: Visitor, alert: int, fields: Mapping[str, str]) -> Reply:
    """The wish to take back the label that a form names. HTTPException where it names none."""
    return replace(_reply(visitor, {"alert": alert}, fields, UNDO), alert=alert, takes_back=_label(fields))


def answer_to_question_of(visitor: Visitor, question: int, fields: Mapping[str, str]) -> Reply:
    """The answer to a question that a form gives. HTTPException where it gives none of the five."""
    reply = _reply(visitor, {"question": question}, fields, _verdict(fields), comment=_comment(fields))
    return replace(reply, question=question)


def undo_of_question(visitor: Visitor, question: int, fields: Mapping[str, str]) -> Reply:
    """The wish to take back the answer to a question that a form names. HTTPException where it names none."""
    undo = _reply(visitor, {"question": question}, fields, UNDO)
    return replace(undo, question=question, takes_back=_label(fields))


def report_of(visitor: Visitor, fields: Mapping[str, str], since: datetime, now: datetime) -> Reply:
    """The report of a missed fault that a form states. HTTPException where its comment is too long."""
    report = Report(fields.get("machine", ""), fields.get("device", ""), since, _comment(fields))
    return replace(_reply(visitor, {}, fields, f"/{Command.FAULT}"), report=report, at=now)


def undo_of_report(visitor: Visitor, fields: Mapping[str, str]) -> Reply:
    """The wish to take back the report that a form names. HTTPException where it names none."""
    return replace(_reply(visitor, {}, fields, UNDO), takes_back=_label(fields))


def _measured(fields: Mapping[str, str]) -> str:
    """What was written beside the button that was pressed."""
    if "measure" not in fields:
        return ""
    said = fields.get("measured", "").strip()[:_LONGEST_VALUE]
    if not any(character.isdigit() for character in said):
        raise HTTPException(400, "Write the measured value as a number, as in 18.2.")
    return said


def _verdict(fields: Mapping[str, str]) -> str:
    try:
        return Verdict(fields.get("verdict", "")).words
    except ValueError as error:
        raise HTTPException(400, "Press one of the five answers.") from error


def _comment(fields: Mapping[str, str]) -> str:
    comment = fields.get("comment", "").strip()
    if len(comment) > _LONGEST_COMMENT:
        raise HTTPException(400, f"A comment has at most {_LONGEST_COMMENT} characters.")
    return comment


def _label(fields: Mapping[str, str]) -> int:
    label = fields.get("label", "")
    if not (label.isascii() and label.isdigit() and len(label) < 19):
        raise HTTPException(400, "This form does not say which answer to take back: reload the page.")
    return int(label)


def _reply(
    visitor: Visitor, about: Mapping[str, int], fields: Mapping[str, str], text: str, comment: str = ""
) -> Reply:
    pressed = {name: value for name, value in fields.items() if name != "form_key"}
    raw = msgspec.json.encode({**about, **pressed}).decode()
    sender = str(visitor.id)
    return Reply(CHANNEL, None, raw, sender, sender, text, comment=comment)
