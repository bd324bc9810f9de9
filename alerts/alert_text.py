"""An alert in words: who needs attention, how sure we are, what stands out, and the question."""

from collections.abc import Iterator

from alerts.facts import AlertFacts
from alerts.markup import Markup
from core.dispute import explained
from core.label import Verdict, in_words
from core.numbers import clock, lasting, number, percent
from core.reminder import Retelling
from core.score_words import likely
from core.severity import Severity
from core.shown import ShownPush, ShownSensor

_DISPUTE_LIMIT = 500
_SIGNS = {Severity.LOW: "🟡", Severity.MEDIUM: "🟠", Severity.HIGH: "🔴"}


def alert_text(facts: AlertFacts, zone: str, markup: Markup, repeat: bool = False) -> str:
    """The alert, its first line made for a lock screen; an answered one says by whom. At most 4096 characters."""
    return "\n".join(_lines(facts, zone, markup, repeat))


def _lines(facts: AlertFacts, zone: str, markup: Markup, repeat: bool) -> Iterator[str]:
    yield f"{_head(facts)} · " + markup.bold(_trouble(facts, markup))
    if repeat:
        yield f"(possible repeat) #{facts.alert}"
    since = clock(facts.since, zone) + (f", for {lasting(facts.lasted)}" if facts.again else "")
    match facts.kind:
        case "silent":
            yield f"No reading since {since}, while others went on"
        case "sensor":
            yield f"Since {since} readings are doubtful and not judged"
        case _:
            yield f"{_how_likely(facts, markup)} · since {since}"
            yield from _defects(facts, markup)
    yield f"Machine: {markup.text(facts.title or facts.machine, 100)}"
    yield from _why(facts, markup)
    if facts.advice:
        yield markup.text(facts.advice)
    by_a_model = f" · model v{facts.model_version}" if facts.kind != "sensor" else ""
    yield f"{'Told again: alert' if facts.again else 'Alert'} #{facts.alert}{by_a_model}"
    yield ""
    if facts.verdict is None:
        yield f"Is this correct? Reply Y/N{_or(facts)}"
        return
    yield _answer(facts, facts.verdict, zone, markup)
    if facts.said:
        yield markup.text(explained(facts.said, zone), _DISPUTE_LIMIT)


def _or(facts: AlertFacts) -> str:
    """What else answers it."""
    if facts.predicted is not None:
        return ", or the measured value"
    return ", or the defect" if facts.choices else ""


def _how_likely(facts: AlertFacts, markup: Markup) -> str:
    if facts.predicted is None:
        return likely(facts.probability, facts.task)
    return f"Predicted: {markup.text(facts.predicted.words(), 150)} ({percent(facts.probability)} likely beyond it)"


def _defects(facts: AlertFacts, markup: Markup) -> Iterator[str]:
    """Which it may be, of a machine with several defects."""
    if facts.defects:
        said = (f"{markup.text(one.defect, 60)} {percent(one.probability)}" for one in facts.defects)
        yield f"Most likely: {', '.join(said)}"


def _trouble(facts: AlertFacts, markup: Markup) -> str:
    name = markup.name(facts.device)
    return f"A sensor of your device {name} fails" if facts.kind == "sensor" else f"Your device {name} needs attention"


def _head(facts: AlertFacts) -> str:
    """What a lock screen shows first: in words as well, because colours alone say nothing to many."""
    severity = facts.severity.words
    match facts.again:
        case Retelling.WORSE:
            words = f"Now {severity}"
        case Retelling.REMINDER:
            words = f"{severity.capitalize()}, still unanswered"
        case _:
            words = severity.capitalize()
    return f"{_SIGNS[facts.severity]} {words}"


def answer_text(facts: AlertFacts, zone: str, markup: Markup) -> str:
    """The answer alone, in a line that names its alert."""
    said = "The answer was taken back." if facts.verdict is None else _answer(facts, facts.verdict, zone, markup)
    return f"Alert #{facts.alert}, {markup.name(facts.device)}. {said}"


def _answer(facts: AlertFacts, verdict: Verdict, zone: str, markup: Markup) -> str:
    said = f": {markup.text(facts.comment, 500)}" if facts.comment else ""
    return markup.bold(f"Answer: {in_words(verdict, facts.defect, facts.value)}") + _by(facts, zone, markup) + said


def _why(facts: AlertFacts, markup: Markup) -> Iterator[str]:
    """The sensors that pushed it; until somebody looked into it, those outside their usual range; or what was seen."""
    yield from (f"• {markup.text(reason, 200)}" for reason in facts.reasons[:5])
    if len(facts.reasons) > 5:
        yield f"… and {len(facts.reasons) - 5} more"
    if facts.pushed:
        yield f"What spoke for {markup.text(facts.spoke_for, 60) or 'a fault'}:"
        yield from (_push(push, markup) for push in facts.pushed[:5])
        return
    yield from (_sensor(sensor, markup) for sensor in facts.standing_out[:5])
    if facts.unexplained:
        yield f"Could not be explained: {markup.text(facts.unexplained, 300)}"


def pushes_text(facts: AlertFacts, markup: Markup) -> str:
    """What pushed the alert alone, below a line that names it."""
    return "\n".join([f"Alert #{facts.alert}, {markup.name(facts.device)}:", *_why(facts, markup)])


def _push(push: ShownPush, markup: Markup) -> str:
    value = "absent" if push.value is None else f"{number(push.value)}{_unit(push.unit, markup)}"
    usual = ""
    if push.low is not None and push.high is not None:
        usual = f"usually {number(push.low)} to {number(push.high)}, "
    return f"• {markup.text(push.sensor, 60)}: {value} ({usual}{percent(push.share)} of it)"


def _unit(unit: str, markup: Markup) -> str:
    return markup.text(f" {unit}" if unit else "", 20)


def _sensor(sensor: ShownSensor, markup: Markup) -> str:
    usual = f"usually {number(sensor.low)} to {number(sensor.high)}"
    return f"• {markup.text(sensor.sensor, 60)}: {number(sensor.value)}{_unit(sensor.unit, markup)} ({usual})"


def _by(facts: AlertFacts, zone: str, markup: Markup) -> str:
    when = f", {clock(facts.answered, zone)}" if facts.answered else ""
    return f" ({markup.text(facts.by, 100)}{when})"
