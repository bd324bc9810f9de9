"""core.ports.chat.Inbox in memory; its contract suite is tests/contract/test_inbox.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.device_meant import Unclear
from core.errors import Unavailable
from core.label import Verdict, read_answer
from core.reply import Outcome, Reply, ReplyOutcome
from core.reply_rules import Circumstances, Given, outcome_of, taken_back
from core.report import Heard, Report, hear, span_of


@dataclass
class SentAlert:
    """An alert's message in a chat."""

    alert: int
    chat: str
    reference: str


@dataclass
class FakeInbox:
    """Rows in lists."""

    operators: dict[str, int] = field(default_factory=dict)
    """Sender → operator."""
    engineers: set[int] = field(default_factory=set)
    """Those of them whose answers settle."""
    sent: list[SentAlert] = field(default_factory=list)
    replies: list[tuple[int, Reply, Outcome]] = field(default_factory=list)
    labels: list[tuple[int, int, Verdict]] = field(default_factory=list)
    """(alert, operator, verdict), oldest first."""
    comments: list[tuple[int, str]] = field(default_factory=list)
    """(alert, words), oldest first."""
    away: int = 0
    """So many of the next calls fail because the database is away."""
    taken_back: set[int] = field(default_factory=set)
    """Places in `labels`."""
    devices: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    """(machine, device) → the times of its readings."""
    reports: list[Report] = field(default_factory=list)
    """Those that became labels, oldest first."""
    _cursors: dict[str, int] = field(default_factory=dict)

    def cursor(self, bot: str) -> int | None:
        self._be_there()
        return self._cursors.get(bot)

    def accept(self, bot: str, reply: Reply) -> ReplyOutcome:
        self._be_there()
        number = self._cursors.get(bot, 1) if reply.update_id is None else reply.update_id
        if any(taken == number for taken, _, _ in self.replies):
            return ReplyOutcome(Outcome.REPLAYED, {"outcome": "replayed"})
        self._cursors[bot] = number + 1
        operator = self.operators.get(reply.sender)
        if reply.report is not None and operator is not None:
            return self._report(number, reply, reply.report)
        alerts = self._meant(reply)
        given = self.given(alerts[0]) if len(alerts) == 1 else []
        settled = next((one for one in given if one.settles), None)
        known = Circumstances(
            operator, operator in self.engineers, alerts, newest=next(iter(given), None), settled=settled
        )
        outcome = outcome_of(reply, known)
        self.replies.append((number, reply, outcome))
        if outcome is Outcome.UNDONE and (undone := taken_back(reply, known)):
            self.taken_back.add(undone.label - 1)
            return ReplyOutcome(outcome, {"outcome": outcome.value, "alert": alerts[0], "verdict": undone.verdict})
        answer = read_answer(reply.text)
        if outcome is Outcome.COMMENTED:
            self.comments.append((alerts[0], reply.text.strip()))
            return ReplyOutcome(outcome, {"outcome": outcome.value, "alert": alerts[0]})
        if outcome not in (Outcome.LABELLED, Outcome.OVERRULED) or operator is None or answer is None:
            return ReplyOutcome(outcome, {"outcome": outcome.value, "sender": reply.sender})
        self.labels.append((alerts[0], operator, answer.verdict))
        facts: dict[str, object] = {"outcome": outcome.value, "alert": alerts[0], "verdict": answer.verdict}
        return ReplyOutcome(outcome, facts, len(self.labels))

    def given(self, alert: int) -> Sequence[Given]:
        """The labels of the alert that nobody took back, the newest first."""
        counting = [place for place in range(len(self.labels)) if place not in self.taken_back]
        return [
            Given(place + 1, *self.labels[place][1:], self.labels[place][1] in self.engineers)
            for place in reversed(counting)
            if self.labels[place][0] == alert
        ]

    def _report(self, number: int, reply: Reply, report: Report) -> ReplyOutcome:
        """As its suite asks: what a form states; commands in a chat are for the real one alone."""
        times = self.devices.get((report.machine, report.device))
        span = span_of(report, reply.at or datetime.now(UTC))
        spoken_of = [time for time in times or () if span.since <= time <= span.until]
        heard = hear(report, span, len(spoken_of), 0 if report in self.reports else len(spoken_of))
        outcomes = {Heard.LABELLED: Outcome.REPORTED, Heard.REPEATED: Outcome.REPEATED}
        outcome = Outcome.ASKED_BACK if times is None else outcomes.get(heard, Outcome.ASKED_BACK)
        self.replies.append((number, reply, outcome))
        facts: dict[str, object] = {"outcome": outcome.value}
        if times is None:
            return ReplyOutcome(outcome, facts | {"asked": {"unclear": Unclear.UNKNOWN_DEVICE.value}})
        facts["report"] = {"heard": heard.value, "device": report.device, "readings": len(spoken_of)}
        if heard is not Heard.LABELLED:
            return ReplyOutcome(outcome, facts)
        self.reports.append(report)
        return ReplyOutcome(outcome, facts, 1000 + len(self.reports))

    def _meant(self, reply: Reply) -> Sequence[int]:
        if reply.alert is not None:
            return [reply.alert] if reply.alert in {sent.alert for sent in self.sent} else []
        here = [sent for sent in self.sent if sent.chat == reply.chat]
        if reply.replies_to is not None:
            return [sent.alert for sent in here if sent.reference == reply.replies_to]
        if reply.is_undo:
            place = self._newest(lambda _, by: by == self.operators.get(reply.sender))
            return [] if place is None else [self.labels[place][0]]
        answered = {alert for place, (alert, _, _) in enumerate(self.labels) if place not in self.taken_back}
        return [sent.alert for sent in here if sent.alert not in answered] if reply.chat == reply.sender else []

    def _newest(self, fits: Callable[[int, int], bool]) -> int | None:
        """The place of the newest label that counts and fits, by alert and operator."""
        counting = [place for place in range(len(self.labels)) if place not in self.taken_back]
        return next((place for place in reversed(counting) if fits(*self.labels[place][:2])), None)

    def _be_there(self) -> None:
        if self.away:
            self.away -= 1
            raise Unavailable("the database is away")
