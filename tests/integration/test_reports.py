"""A fault that no alert told of, reported by a person, on a real database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.label import Verdict
from core.reply import Outcome, Reply
from core.report import Report
from db.engine import connect
from db.inbox import PostgresInbox
from db.operators import Operator
from db.training_labels import PostgresTrainingLabels
from tests.alert_world import ANNA, BEN, STRANGER, AlertWorld, alert_world
from tests.builders import NOON, a_batch, a_machine

BOT = "telegram/4242"
FINE = [70.0, 3.0]


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    """Ten readings of T-7 and ten of T-8 in turn, a second apart from noon on; none raised an alert."""
    with alert_world(database_url) as world:
        world.operator("Anna", ANNA)
        world.store(a_batch(20, devices=["T-7", "T-8"] * 10, sensors=[FINE] * 20))
        yield world


def said(text: str, number: int = 500, sender: int = ANNA, at: datetime = NOON + timedelta(seconds=20)) -> Reply:
    return Reply("telegram", number, "{}", str(sender), str(sender), text, reference=str(number), at=at)


def answer(world: AlertWorld) -> dict[str, Any]:
    """The newest one that is queued."""
    return dict(world.one("SELECT body FROM outbox WHERE kind IN ('told', 'receipt') ORDER BY id DESC LIMIT 1"))


def test_a_report_labels_the_devices_readings_since_then_and_says_how_many(world: AlertWorld) -> None:
    outcome = world.inbox.accept(BOT, said("/fault t-7 13:00 humming"))  # noon in UTC: Anna lives in Berlin
    assert outcome.kind is Outcome.REPORTED
    ((source, verdict, comment, device, alert),) = world.rows(
        "SELECT l.source, l.verdict, l.comment, d.name, l.alert FROM effective_label l JOIN device d ON d.id = l.device"
    )
    assert (source, verdict, comment, device, alert) == ("report", "fault", "humming", "T-7", None)
    rows = world.rows("SELECT kafka_offset, sensors, model_version FROM labelled_reading ORDER BY kafka_offset")
    assert [row.kafka_offset for row in rows] == list(range(0, 20, 2)), "T-7 alone"
    assert {(tuple(row.sensors), row.model_version) for row in rows} == {(tuple(FINE), 1)}
    told = answer(world)["report"]
    assert (told["heard"], told["device"], told["readings"]) == ("labelled", "T-7", 10)
    assert datetime.fromisoformat(told["since"]) == NOON


def test_the_same_update_again_reports_nothing_and_the_same_words_again_are_a_repeat(world: AlertWorld) -> None:
    for number in (500, 500, 501):
        world.inbox.accept(BOT, said("/fault T-7", number))
    assert [row.outcome for row in world.rows("SELECT outcome FROM inbox ORDER BY id")] == ["reported", "repeated"]
    assert world.one("SELECT count(*) FROM label") == 1
    assert answer(world)["report"]["heard"] == "repeated"


def test_readings_before_and_after_what_was_said_are_left_alone(world: AlertWorld) -> None:
    at = NOON + timedelta(minutes=10, seconds=8)
    world.inbox.accept(BOT, said("/fault T-7", at=at))
    assert world.one("SELECT min(kafka_offset) FROM labelled_reading") == 8, "ten minutes where nothing is said"
    world.inbox.accept(BOT, said("/fault T-8 1h", 501, at=NOON + timedelta(seconds=5)))
    assert world.one("SELECT max(kafka_offset) FROM labelled_reading WHERE label = 2") == 5, "what came later is not"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("/fault", ("no_device", [])),
        ("/fault T7 10m humming", ("unknown_device", ["T-7"])),
        ("/fault oven", ("unknown_device", [])),
    ],
)
def test_a_report_that_is_unclear_is_asked_back_and_labels_nothing(
    world: AlertWorld, text: str, asked: tuple[str, list[str]]
) -> None:
    assert world.inbox.accept(BOT, said(text)).kind is Outcome.ASKED_BACK
    question = answer(world)["asked"]
    assert (question["unclear"], question["nearest"]) == asked
    assert world.one("SELECT count(*) FROM label") == 0


def test_a_report_without_readings_says_when_the_newest_one_was(world: AlertWorld) -> None:
    world.inbox.accept(BOT, said("/fault T-7 10m", at=NOON + timedelta(hours=3)))
    told = answer(world)["report"]
    assert (told["heard"], datetime.fromisoformat(told["newest"])) == ("no_readings", NOON + timedelta(seconds=18))
    world.inbox.accept(BOT, said("/fault T-7 3d", 501))
    assert answer(world)["report"]["heard"] == "too_long_ago"
    assert world.one("SELECT count(*) FROM label") == 0


def test_only_who_gets_the_machine_may_report(world: AlertWorld) -> None:
    world.operators.add(Operator("Ben", "operator", "UTC", BEN, []))
    assert world.inbox.accept(BOT, said("/fault T-7", 500, BEN)).kind is Outcome.ASKED_BACK
    assert answer(world)["asked"]["unclear"] == "unknown_device"
    assert world.inbox.accept(BOT, said("/fault T-7", 501, STRANGER)).kind is Outcome.WELCOMED
    assert world.inbox.accept(BOT, replace(said("/fault T-7", 502), chat="-5")).kind is Outcome.REPORTED
    assert world.one("SELECT count(*) FROM label") == 1


def test_a_name_of_two_machines_is_asked_back_and_told_apart(world: AlertWorld) -> None:
    world.execute("INSERT INTO machine (name, task, sensors) VALUES ('pump', 'fault', '{flow}')")
    world.execute("INSERT INTO device (machine, name) SELECT id, 'T-7' FROM machine WHERE name = 'pump'")
    world.inbox.accept(BOT, said("/fault T-7"))
    assert (answer(world)["asked"]["unclear"], answer(world)["asked"]["nearest"]) == (
        "which_machine",
        ["press/T-7", "pump/T-7"],
    )
    assert world.inbox.accept(BOT, said("/fault press/T-7 5m", 501)).kind is Outcome.REPORTED


def test_undo_takes_back_ones_newest_answer_or_report_whichever_it_was(world: AlertWorld) -> None:
    alert = world.alert("press-1")
    world.inbox.accept(BOT, said("/fault T-7", 500))
    world.inbox.accept(BOT, replace(said("n", 501), alert=alert))
    world.inbox.accept(BOT, said("/fault T-8", 502))
    counting = []
    for number in range(510, 514):
        world.inbox.accept(BOT, said("/undo", number))
        rows = world.rows("SELECT coalesce(d.name, 'press-1') AS device FROM effective_label l"
                          " LEFT JOIN device d ON d.id = l.device ORDER BY l.id")  # fmt: skip
        counting.append([row.device for row in rows])
    assert counting == [["T-7", "press-1"], ["T-7"], [], []]
    assert world.rows("SELECT outcome FROM inbox ORDER BY id DESC LIMIT 1") == [("nothing_to_undo",)]
    assert world.one("SELECT count(*) FROM label") == 3, "what was said is kept"


def test_an_undo_that_replies_to_a_confirmation_takes_that_report_back_and_no_other(world: AlertWorld) -> None:
    for number, device in enumerate(("T-7", "T-8"), 500):
        world.inbox.accept(BOT, said(f"/fault {device}", number))
        world.execute("UPDATE outbox SET state = 'sent', reference = 'ref ' || id WHERE state = 'pending'")
    (first, second) = (row.reference for row in world.rows("SELECT reference FROM outbox ORDER BY id"))
    assert first != second
    undo = replace(said("/undo", 502), replies_to=first)
    assert world.inbox.accept(BOT, undo).kind is Outcome.UNDONE
    assert world.inbox.accept(BOT, replace(undo, update_id=503)).kind is Outcome.NOTHING_TO_UNDO
    assert world.rows("SELECT d.name FROM effective_label l JOIN device d ON d.id = l.device") == [("T-8",)]
    world.operator("Ben", BEN, chat=ANNA)
    other = replace(said("/undo", 504, BEN), chat=str(ANNA), replies_to=second)
    assert world.inbox.accept(BOT, other).kind is Outcome.NOTHING_TO_UNDO, "nobody takes back what another said"


def test_a_form_of_the_page_reports_under_the_pages_own_role(world: AlertWorld, database_url: str) -> None:
    engine = connect(database_url, "page")
    anna = str(world.one("SELECT id FROM operator WHERE name = 'Anna'"))
    report = Report("press", "T-7", NOON, "humming")
    form = Reply("page", None, "{}", anna, anna, "/fault", report=report, at=NOON + timedelta(seconds=20))
    outcome = PostgresInbox(engine).accept("page", form)
    assert (outcome.kind, outcome.label) == (Outcome.REPORTED, 1)
    undo = Reply("page", None, "{}", anna, anna, "/undo", takes_back=outcome.label)
    assert PostgresInbox(engine).accept("page", undo).kind is Outcome.UNDONE
    engine.dispose()
    assert world.one("SELECT count(*) FROM labelled_reading") == 10
    assert world.rows("SELECT * FROM effective_label") == []


def test_training_reads_reports_and_a_reading_counts_with_its_latest_label(
    world: AlertWorld, database_url: str
) -> None:
    engine = connect(database_url, "trainer")
    labels = PostgresTrainingLabels(engine)
    world.alert("T-9")  # readings 20 and 22 of the log
    world.inbox.accept(BOT, said("/fault T-7", 500))
    (report,) = labels.effective(a_machine())
    assert (report.alert, report.verdict, report.sensors.tolist()) == (None, Verdict.FAULT, [FINE] * 10)
    world.inbox.accept(BOT, replace(said("n", 501), alert=world.one("SELECT max(id) FROM alert")))
    world.inbox.accept(BOT, said("/fault T-9", 502, at=NOON + timedelta(seconds=20)))
    taught = [(one.verdict, len(one.sensors)) for one in labels.effective(a_machine())]
    assert taught == [(Verdict.FAULT, 10), (Verdict.FALSE_ALARM, 1), (Verdict.FAULT, 1)]
    engine.dispose()
