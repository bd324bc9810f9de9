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


def answer_of(visitor: Visitor, alert: int, fields: Mapping[str, str]) -> Reply:
    """The answer that a form gives. HTTPException where it gives none of the five."""
    try:
        verdict = Verdict(fields.get("verdict", ""))
    except ValueError as error:
        raise HTTPException(400, "Press one of the five answers.") from error
    return _reply(visitor, alert, fields, verdict.words, comment=_comment(fields))


def undo_of(visitor: Visitor, alert: int, fields: Mapping[str, str]) -> Reply:
    """The wish to take back the label that a form names. HTTPException where it names none."""
    return _reply(visitor, alert, fields, UNDO, takes_back=_label(fields))


def report_of(visitor: Visitor, fields: Mapping[str, str], since: datetime, now: datetime) -> Reply:
    """The report of a missed fault that a form states. HTTPException where its comment is too long."""
    report = Report(fields.get("machine", ""), fields.get("device", ""), since, _comment(fields))
    return replace(_reply(visitor, None, fields, f"/{Command.FAULT}"), report=report, at=now)


def undo_of_report(visitor: Visitor, fields: Mapping[str, str]) -> Reply:
    """The wish to take back the report that a form names. HTTPException where it names none."""
    return _reply(visitor, None, fields, UNDO, takes_back=_label(fields))


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
    visitor: Visitor,
    alert: int | None,
    fields: Mapping[str, str],
    text: str,
    comment: str = "",
    takes_back: int | None = None,
) -> Reply:
    pressed = {name: value for name, value in fields.items() if name != "form_key"}
    raw = msgspec.json.encode(({"alert": alert} if alert else {}) | pressed).decode()
    sender = str(visitor.id)
    return Reply(CHANNEL, None, raw, sender, sender, text, alert=alert, comment=comment, takes_back=takes_back)
