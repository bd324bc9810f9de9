"""`explain`: why an alert came, and what is behind it."""

import click
import msgspec

from app.cli import settings_of
from app.meant_reading import MeantReading
from app.trace_report import facts, words
from app.tracing import trace
from app.wiring import resolved
from core.meant_reading import Meant


@click.command(short_help="Why an alert came: sensors, model, training data, labels.")
@click.argument("reading", type=MeantReading())
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts: all of it, each label with its number.")
@click.pass_context
def command(ctx: click.Context, reading: Meant, as_json: bool) -> None:
    """Which sensors pushed the prediction on READING, and how far; by which model, and who taught it.

    READING is an alert (3), an incident (incident:3), a reading's id or its place (TOPIC/PARTITION/OFFSET). Of an
    alert and an incident it is the reading that opened the incident.

    Taken apart is the answer of the model version that scored the reading, before calibration made a probability of it:
    all pushes and the base add up to it. Its signature and sha256 are proven anew.
    """
    found = trace(resolved(settings_of(ctx)), reading)
    click.echo(msgspec.json.encode(facts(found)) if as_json else words(found))
