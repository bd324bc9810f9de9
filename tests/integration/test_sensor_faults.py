"""Sensor faults on the real database: one incident, one alert that names the sensor, whoever reads the log."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from alerts.render import ConsoleRenderer
from consumer.batch_way import TracedBatch
from core.alert_policy import AlertPolicy
from core.incident_policy import SensorFaultPolicy
from core.label import Verdict
from core.ports.chat import OutboxMessage
from core.span import HEADER
from db.engine import connect
from db.labels import NewLabel, add_label
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, a_machine, a_reading, encoded
from tests.fake_spans import FakeSpans
from tests.ingest import Ingest

MACHINE = a_machine(
    sensor_faults=SensorFaultPolicy(open_after=2, of_last=3, close_after=3),
    alerts=AlertPolicy(medium_after=4, high_after=8),
)
COURSE = [70.0, None, 70.5, None, None, 900.0, None, None, None, None, None, 70.2, 70.3, 70.4, 70.5, None]
"""What press-1 reads, a second each; None: nothing."""


def said(course: Sequence[float | None]) -> list[bytes]:
    return [
        encoded(a_reading("press-1", NOON + timedelta(seconds=second), temperature=celsius))
        for second, celsius in enumerate(course)
    ]


@pytest.fixture
def ingest(database_url: str, owner: Engine) -> Iterator[Ingest]:
    """One partition, and Ann who hears of everything."""
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO operator (name, role) VALUES ('ann', 'operator')"))
        connection.execute(text("INSERT INTO subscription (operator, channel, address) VALUES (1, 'console', '')"))
    engine = connect(database_url, "consumer")
    store = PostgresReadingStore(engine, "test", lambda: NOON)
    store.register(MACHINE)
    yield Ingest(store, MACHINE)
    engine.dispose()


def told(connection: Connection) -> list[dict[str, Any]]:
    rows = connection.execute(
        text("""SELECT i.kind, i.since_offset, i.opened_offset, i.last_offset, i.closed_offset, i.faults, i.severity,
                       a.reasons, o.body->'reasons' = to_jsonb(a.reasons) AS is_told
                  FROM incident i JOIN alert a ON a.incident = i.id JOIN outbox o ON o.alert = a.id ORDER BY i.id""")
    )
    return [dict(row) for row in rows.mappings()]


@pytest.mark.bad_input("such readings again and again (`[sensor_faults]`)")
@pytest.mark.parametrize("step", [1, 4, len(COURSE)], ids=["a consumer each reading", "a few each", "at once"])
def test_a_sensor_that_cannot_be_right_again_and_again_opens_one_incident_whoever_reads_the_log(
    ingest: Ingest, owner: Engine, step: int
) -> None:
    messages = said(COURSE)
    for first in range(0, len(messages), step):
        ingest.take(messages[first : first + step])
    with owner.connect() as connection:
        assert told(connection) == [
            {
                "kind": "sensor",
                "since_offset": 1,
                "opened_offset": 3,
                "last_offset": 10,
                "closed_offset": 13,
                "faults": 9,
                "severity": 2,  # it lasted 9 s, which is high of a fault: nobody is woken for a sensor
                "reasons": ["temperature was missing in 2 of the last 3 readings"],
                "is_told": True,
            }
        ]
        remembered = connection.execute(text("SELECT faults, windows::text FROM sensor_state")).all()
        assert [tuple(row) for row in remembered] == [(1, "[[0, 1, 1]]")], "the last one counts anew"


def test_its_alert_can_be_read_and_its_answer_trains_nothing(ingest: Ingest, owner: Engine) -> None:
    ingest.take(said([70.0, None, None]))
    with owner.begin() as connection:
        (row,) = connection.execute(text("SELECT * FROM outbox")).all()
        message = OutboxMessage(1, "console", "", row.kind, row.alert, row.body, None, None, "UTC", 1, False)
        assert ConsoleRenderer("./run")(message).text == (
            "🟡 Low · A sensor of your device press-1 fails\n"
            "Since 12:00 UTC, 1 Mar readings are doubtful and not judged\n"
            "Machine: press\n"
            "• temperature was missing in 2 of the last 3 readings\n"
            "Check the sensor, its plug and its cable. Until it reads right, nobody watches this device for faults.\n"
            "Alert #1\n"
            "\n"
            "Is this correct? Answer with: ./run reply 1 y|n"
        )
        connection.execute(
            text("INSERT INTO inbox (channel, bot, update_id, raw, outcome) VALUES ('shell', '', 1, 'y', 'labelled')")
        )
        add_label(connection, row.alert, NewLabel(1, Verdict.FAULT, "", False, None), 1)
        assert connection.execute(text("SELECT count(*) FROM labelled_reading")).scalar_one() == 0


def test_a_machine_fault_and_a_sensor_fault_of_one_device_are_two_troubles(ingest: Ingest, owner: Engine) -> None:
    ingest.take(said([95.0, None, 95.0, None, 95.0]))
    with owner.connect() as connection:
        assert sorted(row["kind"] for row in told(connection)) == ["fault", "sensor"]


def test_its_alert_goes_on_in_the_trace_of_the_reading_that_raised_it(ingest: Ingest, owner: Engine) -> None:
    spans = FakeSpans()
    ingest.take(said([70.0, None, None]), follow=lambda messages: TracedBatch(spans, messages, lambda: 1))
    assert [(span.name, span.attributes["messaging.kafka.offset"]) for span in spans.recorded][-1] == ("store", 2)
    with owner.connect() as connection:
        (header,) = connection.execute(text("SELECT body->>:header FROM outbox"), {"header": HEADER}).scalars()
    assert header == spans.recorded[-1].context.written
