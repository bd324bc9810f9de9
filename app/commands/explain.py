"""`explain`: why an alert came."""

import click
import msgspec

from app.cli import settings_of
from app.explaining import Explanations
from app.printable import printable
from app.ranges import COUNT
from app.table import table
from app.wiring import database, machines, resolved
from core.explanation import Explanation, Scale, SensorPush
from core.numbers import number, percent


@click.command(short_help="Why an alert came: which sensors pushed the prediction.")
@click.argument("alert", type=COUNT)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, alert: int, as_json: bool) -> None:
    """Which sensors pushed the prediction that opened the incident of alert number ALERT, and how far.

    Taken apart is the answer of the model version that scored the reading, before calibration made a probability of it:
    all pushes and the base add up to it.
    """
    settings = resolved(settings_of(ctx))
    # The read-only role, of which every process's login in containers is a member.
    found = Explanations(settings, machines(settings), database(settings, "grafana")).of(alert)
    click.echo(msgspec.json.encode(_facts(alert, found)) if as_json else _words(alert, found))


_SCALES = {
    Scale.LOG_ODDS: "in log-odds: 0 stands for as likely as not",
    Scale.SHARE: "in votes of the forest's trees, of which 1 is all",
}


def _words(alert: int, found: Explanation) -> str:
    reading = found.reading
    sums = [["all together", "", "", f"{found.margin:+.3f}"], ["without any sensor", "", "", f"{found.base:+.3f}"]]
    said = f"{percent(reading.probability)} likely a fault, says {reading.version}"
    return "\n".join(
        [
            f"Alert #{alert}: {printable(reading.device)}, {reading.time:%Y-%m-%d %H:%M:%S} UTC, {said}",
            table([["sensor", "value", "usually", "push"], *map(_row, found.sensors), *sums]),
            f"Pushes above 0 speak for a fault. They count {_SCALES[found.scale]}, before calibration.",
        ]
    )


def _row(sensor: SensorPush) -> list[str]:
    value = "absent" if sensor.value is None else f"{number(sensor.value)} {sensor.unit}".rstrip()
    usual = "-" if sensor.usual is None else f"{number(sensor.usual.low)} to {number(sensor.usual.high)}"
    return [sensor.sensor, value, usual, f"{sensor.push:+.3f}"]


def _facts(alert: int, found: Explanation) -> dict[str, object]:
    reading = found.reading
    return {
        "alert": alert,
        "machine": reading.version.machine,
        "device": reading.device,
        "time": reading.time,
        "probability": reading.probability,
        "severity": reading.severity.words,
        "model_version": reading.version.number,
        "scale": found.scale,
        "base": found.base,
        "margin": found.margin,
        "sensors": [
            {
                "sensor": sensor.sensor,
                "value": sensor.value,
                "unit": sensor.unit,
                "usual": sensor.usual and {"low": sensor.usual.low, "high": sensor.usual.high},
                "push": sensor.push,
            }
            for sensor in found.sensors
        ],
    }
