"""`evaluate`: how a model version does on what people said."""

from collections.abc import Iterator
from datetime import datetime

import click
import msgspec

from app.cli import settings_of
from app.drift_report import drift_lines
from app.evaluating import Evaluation, evaluate
from app.machines import pick_machine
from app.models import model_source
from app.moment import Moment
from app.ranges import COUNT
from app.table import table
from app.wiring import database, machines, resolved
from core.alert_rate import AlertRate
from core.calibration import Calibration
from core.comparison import PERCENT, Assessment, Figure
from core.model_health import Audited, Health, Ringing
from core.numbers import number as shown
from core.verdict_replay import FEW


@click.command(short_help="How a model version does on people's verdicts.")
@click.argument("machine")
@click.option("--version", "number", type=COUNT, help="Of this version; not given: the champion.")
@click.option("--since", type=Moment(), help="On what was said since then; not given: ever.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, machine: str, number: int | None, since: datetime | None, as_json: bool) -> None:
    """How a version of MACHINE's model does on people's verdicts: every trouble that they judged is scored again.

    Figures with an interval leave out the verdicts that the version learnt from.
    """
    settings = resolved(settings_of(ctx))
    chosen = pick_machine(machines(settings), machine)
    # The read-only role, of which every process's login in containers is a member.
    engine = database(settings, "grafana")
    # A cache of its own: in that of the consumers an older version would become the last good one.
    found = evaluate(model_source(settings, engine, cache="explained"), engine, chosen, number, since)
    click.echo(msgspec.json.encode(_facts(found)) if as_json else "\n".join(_words(found)))


def _words(found: Evaluation) -> Iterator[str]:
    health, rate = found.health, found.alert_rate
    since = "ever" if found.since is None else f"since {found.since:%Y-%m-%d %H:%M %Z}"
    verdicts = health.judged + health.taught
    yield f"{found.version} on the {verdicts} verdicts given {since}, of which {health.taught} taught it. It"
    yield f"  would raise {_of(health.confirmed)} confirmed and {_of(health.refuted)} refuted alerts again"
    yield f"  would find {_of(health.reported)} faults that people reported, {_of(health.asked)} that questions found"
    yield _audited_words(health.audited)
    if health.false_alarm_share is not None:
        yield f"  false alarms: {health.false_alarm_share:.0%} of the judged alerts that it would raise"
    if rate.per_device_day is not None:
        yield _rate(rate, rate.per_device_day)
    yield from _judged(health)
    yield from drift_lines(found.drift)
    yield from _shadow(found)


def _shadow(found: Evaluation) -> Iterator[str]:
    beside, live = found.beside, found.shadow
    if not beside.readings and not live.confirmed + live.refuted:
        return
    it = f"In the shadow, on the latest {beside.readings:,} readings, it would have raised {beside.challenger} alerts"
    yield f"{it} and the champion {beside.champion}"
    yield (
        f"  of what people judged meanwhile: {live.found} of {live.confirmed} confirmed and {live.raised} of"
        f" {live.refuted} refuted alerts"
    )


def _judged(health: Health) -> Iterator[str]:
    if health.quality is None or health.calibration is None:
        yield _too_few(health)
        return
    yield f"On the {health.judged} verdicts that it did not learn from ({PERCENT} % interval):"
    yield table(_figures(health.quality))
    yield f"Probabilities are off by {shown(health.calibration.error)} on the average:"
    yield table(_bins(health.calibration))


def _of(found: Ringing) -> str:
    return f"{found.ring} of {found.troubles}"


def _audited_words(audited: Audited) -> str:
    if not audited.answered:
        return "  no question to the audit was answered: nobody knows what it misses"
    stand = f"{audited.answered} audited readings, which stand for {shown(audited.readings)}"
    return f"  {stand}: {shown(audited.found)} of {shown(audited.faults)} faults among them would be found"


def _rate(rate: AlertRate, per_device_day: float) -> str:
    served = f"{rate.days:.1f} days in service on {rate.devices} devices"
    return f"  raised {rate.alerts} alerts in {served}: {shown(per_device_day)} a device and day"


def _too_few(health: Health) -> str:
    return (
        f"Too few labels to say more: at least {FEW} faults and {FEW} false alarms that it did not learn from are "
        f"needed, among {health.judged} verdicts they are not there"
    )


def _figures(quality: Assessment) -> list[list[str]]:
    measures = {
        "PR-AUC": quality.pr_auc,
        "F1": quality.f1,
        "recall": quality.recall,
        "false alarms": quality.false_alarms,
    }
    return [["", "value", "from", "to"], *([name, *_figure(figure)] for name, figure in measures.items())]


def _figure(figure: Figure) -> list[str]:
    return [f"{value:.3f}" for value in (figure.value, *figure.interval)]


def _bins(found: Calibration) -> list[list[str]]:
    rows = [[f"{one.low:.0%} to {one.high:.0%}", f"{one.said:.0%}", f"{one.true:.0%}"] for one in found.bins]
    return [["probability", "said", "true"], *rows]


def _facts(found: Evaluation) -> dict[str, object]:
    health, rate = found.health, found.alert_rate
    quality = health.quality
    return {
        "machine": found.version.machine,
        "version": found.version.number,
        "since": found.since,
        "enough_to_say": quality is not None,
        **msgspec.structs.asdict(health),
        "false_alarm_share": health.false_alarm_share,
        "drift": found.drift,
        "shadow": {
            **msgspec.structs.asdict(found.shadow),
            "readings": found.beside.readings,
            "alerts": found.beside.challenger,
            "champion_alerts": found.beside.champion,
        },
        "alert_rate": {**msgspec.structs.asdict(rate), "per_device_day": rate.per_device_day},
    }
