"""A digest in words: how many devices need attention, why in one message, the worst of them, and how to answer."""

from collections.abc import Iterator

from alerts.facts import DigestAlert, DigestFacts
from alerts.markup import Markup
from core.digest import Grouping
from core.numbers import clock, percent

_WHY = {
    Grouping.AT_ONCE: "at about the same time: perhaps they have one cause",
    Grouping.KEPT: "told only now: quiet hours are over, or nobody else has answered",
    Grouping.UNANSWERED: "told again: nobody has answered yet",
    Grouping.BACKLOG: "while this chat could not be reached",
}
_TROUBLE = {"fault": "show a fault", "sensor": "have a doubtful sensor", "silent": "are silent"}
_SHARED = {
    "fault": "their supply, the room, or the model",
    "sensor": "a gateway, its software, or a unit that was changed",
    "silent": "the line, the network, or a gateway",
}
# Pieces are cut so short that ten alerts stay below 4096 characters, whatever they are called.
_TITLES, _TITLE_LIMIT, _NAME_LIMIT, _BY_LIMIT = 3, 60, 60, 30


def digest_text(facts: DigestFacts, zone: str, markup: Markup, repeat: bool = False) -> str:
    """The digest, its first line made for a lock screen. At most 4096 characters."""
    return "\n".join(_lines(facts, zone, markup, repeat))


def _lines(facts: DigestFacts, zone: str, markup: Markup, repeat: bool) -> Iterator[str]:
    yield "⚠ " + markup.bold(_head(facts, markup))
    first = facts.worst[0].alert
    if repeat:
        yield f"(possible repeat) of {facts.alerts} alerts, the worst #{first}"
    yield f"{facts.alerts} alerts, since {clock(facts.since, zone)} to {clock(facts.until, zone)}, {_WHY[facts.reason]}"
    if facts.cause:
        yield f"Begin with what they share: {_SHARED[facts.cause.kind]}?"
    titles = ", ".join(markup.text(title, _TITLE_LIMIT) for title in facts.titles[:_TITLES])
    yield f"Machine: {titles}{' and others' if len(facts.titles) > _TITLES else ''}"
    yield ""
    for alert in facts.worst:
        yield _alert(alert, zone, markup)
    if facts.alerts > len(facts.worst):
        yield f"… and {facts.alerts - len(facts.worst)} more: /open lists what waits"
    if facts.answered:
        yield f"Answered: {facts.answered} of {facts.alerts}"
    yield f"/alert_{first} shows one whole, with its chart"
    yield ""
    yield f"Are these correct? Press a button, or write Y or N and the alert's number: N {first}"


def _head(facts: DigestFacts, markup: Markup) -> str:
    cause = facts.cause
    if cause is None:
        return f"{facts.devices} devices need attention"
    name = markup.text(cause.title, _TITLE_LIMIT)
    return f"{cause.devices} of {cause.of} devices {_TROUBLE[cause.kind]}: {name}"


def _alert(alert: DigestAlert, zone: str, markup: Markup) -> str:
    name = markup.text(alert.device, _NAME_LIMIT)
    what = {"fault": f"{percent(alert.probability)},", "sensor": "a sensor", "silent": "no reading"}[alert.kind]
    told = f"#{alert.alert} {name}: {alert.severity.words}, {what} since {clock(alert.since, zone)}"
    return f"{told} · {alert.verdict.words} ({markup.text(alert.by, _BY_LIMIT)})" if alert.verdict else told
