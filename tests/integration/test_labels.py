"""What an answer leaves behind in the database."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import Undeliverable
from core.label import Verdict
from core.reply import Outcome, Refusal, Reply
from db.alarm_history import PostgresAlarmHistory
from db.engine import connect
from db.operators import Operator
from tests.alert_world import ANNA, BEN, EVA, STRANGER, AlertWorld, alert_world

BOT = "telegram/4242"


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url) as world:
        world.operator("Anna", ANNA)
        yield world


def press(world: AlertWorld, alert: int, answer: str, number: int, sender: int = ANNA) -> Outcome:
    return world.inbox.accept(BOT, Reply("telegram", number, "{}", str(sender), str(ANNA), answer, alert=alert)).kind


def test_a_label_holds_the_incidents_readings_with_positions_and_model_version(world: AlertWorld) -> None:
    alert = world.alert("press-1")
    press(world, alert, "n", 500)
    rows = world.rows(
        "SELECT t.name AS topic, r.kafka_partition, r.kafka_offset, d.name AS device, r.sensors, r.score,"
        " r.model_version, l.verdict, l.alert, o.name AS operator"
        " FROM labelled_reading r JOIN label l ON l.id = r.label"
        " JOIN topic t ON t.id = r.topic JOIN device d ON d.id = r.device JOIN operator o ON o.id = l.operator"
        " ORDER BY r.kafka_offset"
    )
    assert [(row.topic, row.kafka_partition, row.kafka_offset, row.device) for row in rows] == [
        ("readings.press", 0, 0, "press-1"),
        ("readings.press", 0, 2, "press-1"),
    ], "the reading of another device in between is not labelled"
    assert [(row.sensors, row.score, row.model_version) for row in rows] == [([95.0, 3.0], 0.95, 1)] * 2
    assert {(row.verdict, row.alert, row.operator) for row in rows} == {("false_alarm", alert, "Anna")}


def test_a_label_reaches_up_to_the_answer_and_a_correction_further(world: AlertWorld) -> None:
    alert = world.alert()
    world.hotter(5000)
    press(world, alert, "n", 500)
    world.hotter(10)
    press(world, alert, "y", 501)
    first, second = world.rows(
        "SELECT l.id, l.corrects, count(r.*) AS readings FROM label l JOIN labelled_reading r ON r.label = l.id"
        " GROUP BY l.id ORDER BY l.id"
    )
    assert (first.corrects, first.readings) == (None, 5002)
    assert (second.corrects, second.readings) == (first.id, 5012)
    assert world.rows("SELECT id, verdict FROM effective_label") == [(second.id, "fault")]


def test_every_reader_of_the_alert_sees_the_answer(world: AlertWorld) -> None:
    world.operator("Ben", BEN)
    alert = world.alert()
    press(world, alert, "n", 500, sender=BEN)
    edits = world.rows(
        "SELECT o.address, o.zone, o.body, e.kind AS edited FROM outbox o JOIN outbox e ON e.id = o.edits"
        " WHERE o.kind = 'answered' ORDER BY o.address"
    )
    assert [(row.address, row.zone, row.edited) for row in edits] == [
        (str(ANNA), "Europe/Berlin", "alert"),
        (str(BEN), "Europe/Berlin", "alert"),
    ]
    for row in edits:
        assert (row.body["verdict"], row.body["by"], row.body["device"]) == ("false_alarm", "Ben", "press-1")


def test_every_reader_sees_that_an_answer_was_taken_back_or_which_one_counts_again(world: AlertWorld) -> None:
    alert = world.alert()
    for number, said in enumerate(("n", "y", "/undo", "/undo"), 500):
        press(world, alert, said, number)
    shown = [row.body for row in world.rows("SELECT body FROM outbox WHERE kind = 'answered' ORDER BY id")]
    assert [body.get("verdict") for body in shown] == ["false_alarm", "fault", "false_alarm", None]
    assert shown[2]["answered"] == shown[0]["answered"], "when it was given, not when it began to count again"
    assert world.rows("SELECT * FROM effective_label") == []
    assert world.one("SELECT count(*) FROM labelled_reading") == 4, "the labels themselves are kept"


def test_every_reader_sees_who_differs_and_that_an_engineer_settled_it(world: AlertWorld) -> None:
    world.operator("Ben", BEN)
    world.operator("Eva", EVA, role="engineer")
    alert = world.alert()
    for number, (said, sender) in enumerate((("n", ANNA), ("y", BEN), ("n", EVA), ("maintenance", BEN)), 500):
        outcome = press(world, alert, said, number, sender)
    assert outcome is Outcome.OVERRULED
    bodies = [
        row.body for row in world.rows("SELECT body FROM outbox WHERE kind = 'answered' AND address = '11' ORDER BY id")
    ]
    told = [(len(body["said"]), body["verdict"], body["by"]) for body in bodies]
    assert told == [
        (0, "false_alarm", "Anna"),
        (2, "fault", "Ben"),
        (3, "false_alarm", "Eva"),
        (3, "false_alarm", "Eva"),
    ]
    assert world.rows("SELECT verdict FROM effective_label") == [("false_alarm",)]
    assert world.one("SELECT said -> 2 ->> 'by' FROM incident_said") == "Ben", "the latest last"
    assert ask(world, "/digest", 510)["shift"]["disputed"] == [], "it is settled"


def test_an_answer_to_a_receipt_corrects_what_it_acknowledged(world: AlertWorld) -> None:
    alert = world.alert()
    world.inbox.accept(BOT, Reply("telegram", 500, "{}", str(ANNA), str(ANNA), "y", alert=alert, reference="7"))
    world.alert("press-2")
    world.pass_time(5)
    references = {}
    while message := world.outbox.claim(["telegram"], "me"):
        references[message.kind, message.alert] = f"{message.id}00"
        world.outbox.sent(message, references[message.kind, message.alert])
        world.pass_time(5)
    receipt = references["receipt", alert]
    world.inbox.accept(BOT, Reply("telegram", 501, "{}", str(ANNA), str(ANNA), "n", reference="8", replies_to=receipt))
    assert world.rows("SELECT alert, verdict FROM label ORDER BY id") == [(alert, "fault"), (alert, "false_alarm")]


def test_one_group_gets_an_alert_once_however_many_of_its_people_subscribed(world: AlertWorld) -> None:
    world.operator("Ben", BEN, chat=-5)
    world.operator("Cem", 13, chat=-5)
    world.alert()
    assert world.one("SELECT count(*) FROM outbox WHERE address = '-5'") == 1


def test_a_strangers_press_leaves_one_audit_row_and_no_label(world: AlertWorld) -> None:
    alert = world.alert()
    assert press(world, alert, "n", 500, sender=STRANGER) is Outcome.UNAUTHORISED
    assert world.one("SELECT count(*) FROM label") == 0
    ((actor, action),) = world.rows("SELECT actor, action FROM audit")
    assert (actor, action) == ("telegram:99", "reply unauthorised")


def test_a_removed_operator_answers_nothing_any_more(world: AlertWorld) -> None:
    alert = world.alert()
    world.operators.remove("Anna")
    assert press(world, alert, "n", 500) is Outcome.UNAUTHORISED
    world.alert("press-2")
    assert world.one("SELECT count(*) FROM outbox WHERE kind = 'alert'") == 1, "and gets no alerts"


def test_a_refused_reply_leaves_one_audit_row_that_says_why(world: AlertWorld) -> None:
    world.alert()
    reply = Reply("telegram", 500, "{}", str(ANNA), str(ANNA), "y", reference="7", refusal=Refusal.FORWARDED)
    world.inbox.accept(BOT, reply)
    world.inbox.accept(BOT, reply)
    ((detail,),) = world.rows("SELECT detail FROM audit")
    assert detail["refusal"] == "forwarded"
    assert world.one("SELECT body FROM outbox WHERE kind = 'receipt'")["replies_to"] == "7"


def test_somebody_who_writes_without_end_fills_no_queue(world: AlertWorld) -> None:
    for number in range(500, 530):
        world.inbox.accept(BOT, Reply("telegram", number, "{}", "99", "99", "hello", reference="7"))
    assert world.one("SELECT count(*) FROM inbox") == 30
    assert world.one("SELECT count(*) FROM outbox WHERE kind = 'receipt'") == 5


def test_a_cursor_older_than_a_week_is_not_used(world: AlertWorld, database_url: str) -> None:
    world.inbox.accept(BOT, Reply("telegram", 500, "{}", "99", "99", "hello", reference="7"))
    assert world.inbox.cursor(BOT) == 501
    owner = connect(database_url, "owner")
    with owner.begin() as connection:
        connection.execute(text("UPDATE bot_cursor SET updated_at = now() - interval '8 days'"))
    owner.dispose()
    assert world.inbox.cursor(BOT) is None
    world.inbox.accept(BOT, Reply("telegram", 3, "{}", "99", "99", "hello", reference="7"))
    assert world.inbox.cursor(BOT) == 4, "numbers start anew, lower too"


def test_a_message_given_up_leaves_an_audit_row(world: AlertWorld) -> None:
    alert = world.alert()
    message = world.outbox.claim(["telegram"], "me")
    assert message is not None
    world.outbox.failed(message, Undeliverable("blocked"))
    ((actor, detail),) = world.rows("SELECT actor, detail FROM audit")
    assert (actor, detail["alert"], detail["chat"], detail["error"]) == ("alerts", alert, str(ANNA), "blocked")


def test_a_reason_is_kept_with_its_label_and_shown_to_every_reader(world: AlertWorld) -> None:
    alert = world.alert()
    press(world, alert, "N, door was open", 500)
    assert world.one("SELECT comment FROM label") == "door was open"
    label, comment = world.rows("SELECT body ->> 'label', body ->> 'comment' FROM outbox WHERE kind = 'answered'")[0]
    assert (int(label), comment) == (world.one("SELECT id FROM label"), "door was open")


def ask(world: AlertWorld, text: str, number: int, sender: int = ANNA) -> dict[str, Any]:
    """The bot's answer to a command, as it is queued."""
    world.inbox.accept(BOT, Reply("telegram", number, "{}", str(sender), str(sender), text, reference="7"))
    found = world.rows("SELECT kind, zone, body FROM outbox WHERE kind IN ('told', 'receipt') ORDER BY id DESC LIMIT 1")
    return {"kind": found[0].kind, "zone": found[0].zone, **found[0].body}


def test_open_tells_what_waits_for_an_answer_of_the_machines_that_one_follows(world: AlertWorld) -> None:
    answered, waiting = world.alert("press-1"), world.alert("press-2")
    press(world, answered, "n", 500)
    told = ask(world, "/open", 501)
    assert (told["kind"], told["zone"], told["waiting"]) == ("told", "Europe/Berlin", 1)
    assert [(one["alert"], one["device"], one["over"]) for one in told["alerts"]] == [(waiting, "press-2", False)]
    world.operators.add(Operator("Eva", "operator", "UTC", 77, []))
    assert ask(world, "/open", 502, sender=77)["alerts"] == [], "who follows no machine is told of none"


def test_me_tells_role_zone_machines_and_answers(world: AlertWorld) -> None:
    press(world, world.alert(), "n", 500)
    told = ask(world, "/me", 501)
    assert (told["by"], told["role"], told["zone"], told["machines"], told["answers"]) == (
        *("Anna", "operator", "Europe/Berlin"),
        *([None], 1),
    )


def test_a_stranger_is_told_nothing_but_how_to_be_added(world: AlertWorld) -> None:
    world.alert()
    for number, command in enumerate(("/open", "/me", "/help", "/start"), 500):
        told = ask(world, command, number, sender=STRANGER)
        assert (told["kind"], told["outcome"]) == ("receipt", "welcomed")
        assert "alerts" not in told


def test_devices_and_status_tell_the_latest_readings_of_the_machines_that_one_follows(world: AlertWorld) -> None:
    world.alert("press-1")
    devices = ask(world, "/devices press", 500)["devices"]
    assert [(one["device"], one["score"], one["in_trouble"]) for one in devices] == [
        ("press-1", 0.95, True),
        ("press-fine", 0.7, False),
    ]
    (course,) = ask(world, "/status press-1", 501)["courses"]
    assert (course["machine"], course["scores"]) == ("press", [0.95, 0.95])
    assert dict(course["sensors"])["temperature"] == [95.0, 95.0]
    assert (course["trouble"]["alert"], course["trouble"]["until"]) == (1, None)
    world.operators.add(Operator("Eva", "operator", "UTC", 77, []))
    assert ask(world, "/devices", 502, sender=77)["devices"] == []
    assert ask(world, "/status press-1", 503, sender=77)["courses"] == []


def test_a_devices_name_behind_a_slash_asks_for_its_status(world: AlertWorld) -> None:
    world.alert("press-1")
    for number, written in enumerate(("/press-1", "/press_1", "/PRESS_1@faultline_bot"), 500):
        told = ask(world, written, number)
        assert (told["command"], told["argument"]) == ("status", "press-1"), written
        assert [course["machine"] for course in told["courses"]] == ["press"]
    for number, written in enumerate(("/press", "/press-7", "/press-1 now"), 510):
        assert ask(world, written, number)["outcome"] == "not_understood", "several devices, none, or more than a name"
    world.operators.add(Operator("Eva", "operator", "UTC", 77, []))
    assert ask(world, "/press-1", 520, sender=77)["outcome"] == "not_understood", "she does not follow it"


def test_a_machine_that_has_one_device_may_be_named_in_its_place(world: AlertWorld) -> None:
    world.alerts(["press-1"])
    told = ask(world, "/press", 500)
    assert (told["command"], told["argument"]) == ("status", "press-1")


def test_the_history_of_alarms_knows_answers_sensors_and_who_got_them(world: AlertWorld, database_url: str) -> None:
    press(world, world.alert("press-1"), "n", 500)
    world.alert("press-2")
    reader = connect(database_url, "grafana")
    history = PostgresAlarmHistory(reader)
    now = history.now()
    first, second = history.raised(now - timedelta(hours=1), now)
    assert (first.device, first.verdict, first.operators) == ("press-1", Verdict.FALSE_ALARM, ("Anna",))
    assert first.answered_at is not None
    assert first.answered_at >= first.at
    assert (second.device, second.verdict, second.until) == ("press-2", None, None)
    assert "temperature" in second.sensors
    assert history.raised(now - timedelta(hours=1), now, "another") == []
    reader.dispose()
