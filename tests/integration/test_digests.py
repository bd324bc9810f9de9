"""Digests in the real database: what they say, and how the alerts in them are answered."""

from collections.abc import Iterator

import pytest

from app.telemetry.sends import TracedOutbox
from core.cause import Group
from core.digest import MOST_ALONE, SHOWN
from core.errors import Undeliverable
from core.machine import Place
from core.ports.chat import OutboxMessage
from core.reply import Outcome, Reply, ReplyOutcome
from core.span import HEADER, SpanContext
from tests.alert_world import ANNA, AlertWorld, alert_world
from tests.builders import a_machine
from tests.fake_spans import FakeSpans

MANY = MOST_ALONE + 2


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url, clock_stands=True) as world:
        world.operator("Anna", ANNA)
        for number in range(MANY):
            world.alert(f"press-{number}")
        yield world


def claimed(world: AlertWorld) -> OutboxMessage:
    world.pass_time(5)
    message = world.outbox.claim(["telegram"], "me")
    assert message is not None
    return message


def answered(world: AlertWorld, update: int, text: str, **more: object) -> ReplyOutcome:
    reply = Reply("telegram", update, "{}", str(ANNA), str(ANNA), text, reference="7", **more)  # type: ignore[arg-type]
    return world.inbox.accept("telegram/4242", reply)


def test_a_digest_knows_how_many_the_worst_and_their_answers(world: AlertWorld) -> None:
    world.execute("UPDATE alert SET probability = 0.5 + id / 100.0")
    answered(world, 1, "n", alert=MANY)
    digest = claimed(world)
    body = digest.body
    assert [body[name] for name in ("reason", "alerts", "devices", "answered")] == ["at_once", MANY, MANY, 1]
    worst = body["worst"]
    assert isinstance(worst, list)
    assert [one["alert"] for one in worst] == list(range(MANY, MANY - SHOWN, -1))
    assert [(one["verdict"], one["by"]) for one in worst[:2]] == [("false_alarm", "Anna"), (None, "")]


def test_a_digest_names_the_cause_that_most_of_a_machines_devices_share(world: AlertWorld) -> None:
    cause = claimed(world).body["cause"]
    assert isinstance(cause, Group)
    assert (cause.kind, cause.title, cause.devices, cause.of) == ("fault", "press", MANY, MANY + 1)


def test_a_digest_names_the_line_whose_devices_are_in_trouble(world: AlertWorld) -> None:
    others = "INSERT INTO device (machine, name) SELECT 1, 'saw-' || n FROM generate_series(1, 20) n"
    assert world.execute(others) == 20
    world.registered(a_machine(places=(Place("Line 1", ("press-*",)), Place("Hall", ("press-*", "saw-*")))))
    cause = claimed(world).body["cause"]
    assert isinstance(cause, Group)
    assert (cause.kind, cause.title, cause.devices, cause.of) == ("fault", "Line 1", MANY, MANY + 1)


def test_a_place_may_hold_devices_of_several_machines(world: AlertWorld) -> None:
    hall = (Place("Hall", ("press-*", "saw-*")),)
    world.registered(a_machine(places=hall))
    world.registered(a_machine("saw", places=hall))
    world.execute("UPDATE device SET machine = 2, name = 'saw-1' WHERE name = 'press-0'")
    world.execute("UPDATE device SET name = 'spare' WHERE name = 'press-fine'")
    world.execute("INSERT INTO device (machine, name) VALUES (1, 'spare-2')")
    saw = """{"machine": "saw", "device": "saw-1", "title": "Saw"}"""
    assert world.execute("UPDATE outbox SET body = body || CAST(:saw AS jsonb) WHERE alert = 1", saw=saw) == 1
    cause = claimed(world).body["cause"]
    assert isinstance(cause, Group)
    assert (cause.title, cause.devices, cause.of) == ("Hall", MANY, MANY)


def test_a_pattern_of_a_place_means_its_signs_as_they_stand(world: AlertWorld) -> None:
    world.registered(a_machine(places=(Place("Line 1", ("press_*", "50%", "a\\b")),)))
    assert world.one("SELECT places->0->'like' FROM machine") == ["press\\_%", "50\\%", "a\\\\b"]


def test_a_device_that_has_been_silent_for_long_is_none_of_those_that_there_are(world: AlertWorld) -> None:
    gone = "INSERT INTO device (machine, name) SELECT 1, 'press-gone-' || n FROM generate_series(1, 20) n"
    assert world.execute(gone) == 20
    world.execute(
        """INSERT INTO incident (machine, device, kind, topic, kafka_partition, since_offset, since_time, opened_offset,
                                 opened_time, last_offset, last_time, faults, peak, model_version, severity)
           SELECT i.machine, d.id, 'silent', i.topic, i.kafka_partition, -d.id, i.since_time - interval '2 days', -d.id,
                  i.since_time, -d.id, i.since_time - interval '2 days', 0, 0, i.model_version, 1
             FROM incident i, device d WHERE i.id = 1 AND d.name LIKE 'press-gone-%'"""
    )
    cause = claimed(world).body["cause"]
    assert isinstance(cause, Group)
    assert (cause.devices, cause.of) == (MANY, MANY + 1)


def test_few_of_many_devices_have_no_cause_that_a_digest_could_name(world: AlertWorld) -> None:
    fleet = "INSERT INTO device (machine, name) SELECT 1, 'press-well-' || n FROM generate_series(1, 20) n"
    assert world.execute(fleet) == 20
    assert claimed(world).body["cause"] is None


def test_an_answer_edits_the_digest_that_told_of_the_alert(world: AlertWorld) -> None:
    world.outbox.sent(claimed(world), "70")
    answered(world, 1, "n", alert=3)
    edit = claimed(world)
    assert (edit.kind, edit.edits, edit.body["answered"]) == ("digest", "70", 1)


def test_a_plain_answer_where_a_digest_waits_asks_which_alert_it_means(world: AlertWorld) -> None:
    world.outbox.sent(claimed(world), "70")
    for update, replies_to in enumerate((None, "70"), start=1):
        outcome = answered(world, update, "y", replies_to=replies_to)
        assert (outcome.kind, outcome.facts["alerts"]) == (Outcome.WHICH_ALERT, list(range(1, MANY + 1)))
    assert answered(world, 3, "y", alert=3, replies_to="70").kind is Outcome.LABELLED
    assert world.rows("SELECT alert FROM label") == [(3,)]


def test_a_digest_that_is_given_up_reports_the_alerts_in_it(world: AlertWorld) -> None:
    world.outbox.failed(claimed(world), Undeliverable("blocked"))
    reported = world.one("SELECT detail->'alerts' FROM audit WHERE action = 'message given up'")
    assert reported == list(range(1, MANY + 1))


def test_every_alert_that_is_carried_names_its_digest(world: AlertWorld) -> None:
    digest = claimed(world)
    rows = world.rows("SELECT DISTINCT state, carried_by FROM outbox WHERE kind = 'alert'")
    assert rows == [("carried", digest.id)]


def test_a_digest_is_sent_in_the_traces_of_the_alerts_that_have_one(world: AlertWorld) -> None:
    for alert in (2, 5):
        way = SpanContext(alert, 9).written
        put = "UPDATE outbox SET body = body || jsonb_build_object(:header, CAST(:way AS text)) WHERE alert = :alert"
        assert world.execute(put, header=HEADER, way=way, alert=alert) == 1
    spans = FakeSpans()
    traced = TracedOutbox(world.outbox, spans, lambda: 1)
    world.pass_time(5)
    message = traced.claim(["telegram"], "me")
    assert message is not None
    traced.sent(message, "70")
    assert [(span.name, span.parent, span.attributes.get("alert")) for span in spans.recorded] == [
        ("digest", None, None),
        ("send", SpanContext(2, 9), 2),
        ("send", SpanContext(5, 9), 5),
    ]
    assert list(spans.recorded[0].links) == [SpanContext(2, 9), SpanContext(5, 9)]
