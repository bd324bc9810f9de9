"""Questions on a real database: drawn from what is stored, asked on Telegram, answered like alerts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.batch import Floats
from core.errors import UserError
from core.label import Verdict
from core.reply import Outcome, Reply
from core.sensor import EngineeredSensor
from db.engine import connect
from db.inbox import PostgresInbox
from db.operators import Operator, Subscription
from db.question_results import PostgresQuestionResults
from db.questions import PostgresQuestions
from db.shown_questions import PostgresShownQuestions
from db.training_labels import PostgresTrainingLabels
from tests.alert_world import ANNA, BEN, STRANGER, AlertWorld, alert_world
from tests.alerts_installation import alerts_installation
from tests.builders import a_batch, a_machine
from tests.shell import Shell

BOT = "telegram/4242"


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url) as world:
        world.operator("Anna", ANNA)
        due(world)
        yield world


@pytest.fixture
def questions(database_url: str) -> Iterator[PostgresQuestions]:
    engine = connect(database_url, "alerts")
    yield PostgresQuestions(engine, {})
    engine.dispose()


def due(world: AlertWorld) -> None:
    """1700 readings since half a day ago: most far from a fault, some not, one with a strange pressure; two alerts."""
    world.execute(
        "INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id,"
        " sha256, algorithm, threshold, created_by) SELECT id, 1, '', '', '', '', '', 'lr', 0.9, 'ada' FROM machine"
    )
    world.execute(
        "INSERT INTO ingest_partition (topic, kafka_partition, kafka_topic_id, first_offset, next_offset)"
        " SELECT id, 0, 'topic-a', 0, 0 FROM topic"
    )
    world.execute(
        "INSERT INTO question_bookmark (topic, kafka_partition, next_offset, created_at)"
        " SELECT id, 0, 0, now() - interval '13 hours' FROM topic"
    )
    sensors = a_row_of_readings(1700)
    world.store(a_batch(1700, devices=[f"T-{place % 7}" for place in range(1700)], sensors=sensors.tolist()))


def a_row_of_readings(count: int) -> Floats:
    random = np.random.default_rng(3)
    sensors = np.column_stack([random.normal(4, 0.5, count), random.normal(3, 0.1, count)])
    sensors[::10, 0] = 50.0
    sensors[::100, 1] = 9.0
    sensors[70:84, 0] = 95.0
    return sensors


def asked(world: AlertWorld) -> list[tuple[Any, ...]]:
    query = "SELECT kafka_offset, pool, weight, sensor, above FROM question ORDER BY kafka_offset"
    return [tuple(row) for row in world.rows(query)]


def half_a_day_passes(world: AlertWorld) -> None:
    world.execute("UPDATE question SET created_at = created_at - interval '12 hours 1 minute'")


def on_the_page(text: str, **names: Any) -> Reply:
    return Reply("page", None, "{}", "1", "1", text, **names)


def reply(text: str, number: int, sender: int = ANNA, **names: Any) -> Reply:
    return Reply("telegram", number, "{}", str(sender), str(sender), text, **names)


def test_a_group_of_questions_comes_from_one_window_with_pool_weight_and_reason(
    world: AlertWorld, questions: PostgresQuestions
) -> None:
    assert questions.ask() == 5
    found = asked(world)
    assert sorted(pool for _, pool, _, _, _ in found) == ["audit", "band", "band", "tail", "tail"]
    (window,) = {offset // 500 for offset, *_ in found}
    scores = {row.kafka_offset: row.score for row in world.rows("SELECT kafka_offset, score FROM reading")}
    sensors = {row.kafka_offset: row.sensors for row in world.rows("SELECT kafka_offset, sensors FROM reading")}
    for offset, pool, weight, sensor, above in found:
        if pool == "audit":
            in_window = [score for place, score in scores.items() if place // 500 == window and score < 0.9]
            assert weight == 3 * len(in_window), "three windows, and one of these readings"
        if pool == "band":
            assert 0.1 <= scores[offset] < 0.9
        if pool == "tail":
            value, place = sensors[offset], ["temperature", "pressure"].index(sensor)
            middle = np.median([values[place] for at, values in sensors.items() if at // 500 == window])
            assert (value[place] > middle) == above
    rows = world.rows("SELECT address, kind, body ->> 'device' AS device FROM outbox WHERE question IS NOT NULL")
    assert [(row.address, row.kind) for row in rows] == [(str(ANNA), "question")] * 5
    assert world.one("SELECT next_offset FROM question_bookmark") == 1500
    assert questions.ask() == 0, "the next ones come later"


def test_of_a_one_class_machine_the_readings_nearest_to_an_alarm_are_asked_about(
    world: AlertWorld, questions: PostgresQuestions
) -> None:
    world.execute("UPDATE machine SET task = 'one_class'")
    world.execute("UPDATE reading SET score = 0.2 + kafka_offset % 500 / 1000.0 WHERE score < 0.9")
    assert questions.ask() == 5
    found = asked(world)
    (audited,) = (offset for offset, pool, *_ in found if pool == "audit")
    first = audited // 500 * 500
    nearest = [offset for offset in reversed(range(first, first + 500)) if offset != audited][:2]
    band = [(offset, weight) for offset, pool, weight, *_ in found if pool == "band"]
    assert band == [(offset, 3.0) for offset in sorted(nearest)], "three windows"


def test_the_budget_of_a_day_is_kept_and_a_group_waits_for_readings(
    world: AlertWorld, questions: PostgresQuestions
) -> None:
    counts = []
    for _ in range(5):
        counts.append(questions.ask())
        half_a_day_passes(world)
        world.store(a_batch(500, first_offset=world.one("SELECT next_offset FROM ingest_partition")))
    assert counts[0] == 5
    assert all(count <= 5 for count in counts)
    assert world.one("SELECT count(*) FROM question WHERE created_at > now() - interval '1 day'") <= 10
    assert sum(counts) > 10, "and the next day there are more"
    half_a_day_passes(world)
    questions.ask()
    half_a_day_passes(world)
    assert questions.ask() == 0, "no window is complete"


def test_who_dies_before_the_commit_asks_the_same_when_trying_again(
    world: AlertWorld, questions: PostgresQuestions
) -> None:
    questions.ask()
    first = asked(world)
    for statement in (
        "DELETE FROM outbox",
        "DELETE FROM question",
        "UPDATE question_bookmark SET next_offset = 0",
    ):
        world.execute(statement)
    questions.ask()
    assert asked(world) == first


def test_readings_of_incidents_and_those_who_get_no_questions_are_left_alone(
    world: AlertWorld, questions: PostgresQuestions
) -> None:
    world.execute("UPDATE operator SET questions_a_day = 0")
    assert questions.ask() == 0
    world.execute("UPDATE operator SET questions_a_day = 3")
    assert questions.ask() == 0, "three a day come at once, and not before a day is over"
    world.execute("UPDATE question_bookmark SET created_at = created_at - interval '12 hours'")
    assert questions.ask() == 3
    faults = world.rows("SELECT kafka_offset FROM reading WHERE score >= 0.9")
    assert faults
    assert not {row.kafka_offset for row in faults} & {offset for offset, *_ in asked(world)}


def test_nobody_is_asked_in_quiet_hours(world: AlertWorld, questions: PostgresQuestions) -> None:
    world.execute(
        "UPDATE operator SET quiet_from = CAST(now() AT TIME ZONE zone - interval '1 hour' AS time),"
        " quiet_until = CAST(now() AT TIME ZONE zone + interval '1 hour' AS time)"
    )
    assert questions.ask() == 0
    world.execute("UPDATE operator SET quiet_from = NULL, quiet_until = NULL")
    assert questions.ask() == 5


def test_an_answer_is_a_label_on_that_one_reading_which_can_be_corrected_and_taken_back(
    world: AlertWorld, questions: PostgresQuestions, database_url: str
) -> None:
    questions.ask()
    world.execute("UPDATE outbox SET state = 'sent', reference = 'ref ' || question WHERE question IS NOT NULL")
    first, second = (row.id for row in world.rows("SELECT id FROM question ORDER BY id LIMIT 2"))
    assert world.inbox.accept(BOT, reply("n", 500, question=first)).kind is Outcome.LABELLED
    assert world.inbox.accept(BOT, reply("n", 500, question=first)).kind is Outcome.REPLAYED
    assert world.inbox.accept(BOT, reply("n", 501, question=first)).kind is Outcome.REPEATED
    assert world.inbox.accept(BOT, reply("Y, it leaked", 502, replies_to=f"ref {first}")).kind is Outcome.LABELLED
    assert world.inbox.accept(BOT, reply("n", 503, replies_to=f"ref {second}")).kind is Outcome.LABELLED
    rows = world.rows("SELECT question, verdict, source, comment FROM effective_label ORDER BY question")
    assert [tuple(row) for row in rows] == [
        (first, "fault", "question", "it leaked"),
        (second, "false_alarm", "question", ""),
    ]
    assert world.one("SELECT count(*) FROM labelled_reading") == 3, "one a label"
    edits = world.rows("SELECT body ->> 'verdict' AS verdict, edits FROM outbox WHERE edits IS NOT NULL ORDER BY id")
    assert [row.verdict for row in edits] == ["false_alarm", "fault", "false_alarm"]
    trainer = connect(database_url, "trainer")
    taught = PostgresTrainingLabels(trainer).effective(a_machine())
    trainer.dispose()
    assert [(one.verdict, len(one.sensors), one.asked) for one in taught] == [
        (Verdict.FAULT, 1, True),
        (Verdict.FALSE_ALARM, 1, True),
    ]
    outcomes = [world.inbox.accept(BOT, reply("/undo", number)).kind for number in range(510, 514)]
    assert outcomes == [*[Outcome.UNDONE] * 3, Outcome.NOTHING_TO_UNDO]
    assert world.rows("SELECT * FROM effective_label") == []


def test_only_who_gets_the_machine_answers_its_questions(world: AlertWorld, questions: PostgresQuestions) -> None:
    questions.ask()
    world.operators.add(Operator("Ben", "operator", "UTC", BEN, []))
    question = world.one("SELECT min(id) FROM question")
    for number, sender in enumerate((BEN, STRANGER), 500):
        assert world.inbox.accept(BOT, reply("y", number, sender, question=question)).kind is not Outcome.LABELLED
    assert world.one("SELECT count(*) FROM label") == 0
    world.operators.add(Operator("Cem", "operator", "UTC", 13, [Subscription("page", "13")]))
    assert world.inbox.accept(BOT, reply("y", 510, 13, question=question)).kind is Outcome.LABELLED


def test_results_count_what_each_pool_found(world: AlertWorld, questions: PostgresQuestions, database_url: str) -> None:
    questions.ask()
    for number, row in enumerate(world.rows("SELECT id, pool FROM question"), 500):
        world.inbox.accept(BOT, reply("y" if row.pool == "tail" else "n", number, question=row.id))
    reader = connect(database_url, "grafana")
    found = {one.pool.value: one for one in PostgresQuestionResults(reader).by_pool("press")}
    assert PostgresQuestionResults(reader).by_pool("teapot") == []
    reader.dispose()
    assert {pool: (one.asked, one.answered, one.faults) for pool, one in found.items()} == {
        "audit": (1, 1, 0),
        "band": (2, 2, 0),
        "tail": (2, 2, 2),
    }
    assert (found["audit"].missed, found["tail"].missed) == (0.0, None)


def test_a_question_arrives_on_the_phone_and_is_answered_by_its_button(database_url: str, tmp_path: Path) -> None:
    with alerts_installation(database_url, tmp_path) as installation:
        due(installation.world)
        installation.start()
        telegram = installation.telegram
        installation.wait(lambda: "Was this a fault? Reply Y/N" in str(telegram.messages(ANNA)), "a question")
        message = next(one for one in telegram.messages(ANNA) if "Was this a fault?" in one["text"])
        assert message["text"].startswith("? A question about T-")
        telegram.press(ANNA, message, button=1)
        installation.wait(lambda: "Answer: no fault (Anna)" in str(telegram.messages(ANNA)), "the answer in it")
        installation.wait(telegram.answers, "what is shown to who pressed")
        assert telegram.answers()[0].startswith("Thank you. Noted: no fault, T-")
        assert installation.world.rows("SELECT source, verdict FROM label") == [("question", "false_alarm")]


def test_who_has_the_page_alone_is_asked_and_answers_there(
    world: AlertWorld, questions: PostgresQuestions, database_url: str
) -> None:
    world.execute("UPDATE subscription SET channel = 'page', address = 'Anna'")
    assert questions.ask() == 5
    assert world.one("SELECT count(*) FROM outbox WHERE kind = 'question'") == 0
    api = connect(database_url, "page")
    shown, inbox = PostgresShownQuestions(api, {}), PostgresInbox(api)
    first, *others = shown.newest(1, 10)
    assert (len(others), first.machine, first.readings[1][0], first.answer) == (4, "press", "pressure", None)
    assert inbox.accept("page", on_the_page("false alarm", question=first.question)).kind is Outcome.LABELLED
    answer = shown.one(1, first.question)
    assert answer is not None
    assert answer.answer is not None
    assert (answer.answer.verdict, answer.answer.by) == (Verdict.FALSE_ALARM, "Anna")
    assert len(shown.newest(1, 10, waiting=True)) == 4
    undo = on_the_page("/undo", question=first.question, takes_back=answer.answer.label)
    assert inbox.accept("page", undo).kind is Outcome.UNDONE
    assert len(shown.newest(1, 10, waiting=True)) == 5
    assert shown.one(2, first.question) is None, "who was not asked"
    api.dispose()


def test_an_engineered_sensor_may_be_why_we_ask_and_is_shown_with_the_reading(
    world: AlertWorld, database_url: str
) -> None:
    kilns = {"press": a_machine(engineered=(EngineeredSensor("load", "temperature / 10 + pressure * 10"),))}
    engine, api = connect(database_url, "alerts"), connect(database_url, "page")
    questions = PostgresQuestions(engine, kilns)
    while not any(sensor == "load" for *_, sensor, _ in asked(world)):
        assert world.one("SELECT count(*) FROM question") < 50, "of twenty in the tail none is there for its load"
        questions.ask()
        half_a_day_passes(world)
        first_offset = world.one("SELECT next_offset FROM ingest_partition")
        world.store(a_batch(500, first_offset=first_offset, sensors=a_row_of_readings(500).tolist()))
    told = world.one("SELECT body -> 'readings' FROM outbox WHERE body ->> 'sensor' = 'load' LIMIT 1")
    world.execute("UPDATE subscription SET channel = 'page', address = 'Anna'")
    shown = next(one for one in PostgresShownQuestions(api, kilns).newest(1, 50) if one.sensor == "load")
    for readings in (dict(told), {name: value or 0.0 for name, value in shown.readings}):
        assert readings["load"] == pytest.approx(readings["temperature"] / 10 + readings["pressure"] * 10)
    no_fault = on_the_page("false alarm", question=shown.question)
    assert PostgresInbox(api).accept("page", no_fault).kind is Outcome.LABELLED
    half_a_day_passes(world)
    assert PostgresQuestions(engine, {}).ask() > 0, "once the file has lost it, what it found is no trouble"
    engine.dispose()
    api.dispose()


def test_who_has_a_chat_and_the_page_is_asked_in_the_chat(world: AlertWorld, questions: PostgresQuestions) -> None:
    world.execute("INSERT INTO subscription (operator, channel, address) VALUES (1, 'page', 'Anna')")
    assert questions.ask() == 5
    assert world.one("SELECT count(*) FROM outbox WHERE kind = 'question' AND channel = 'telegram'") == 5


def test_without_a_token_questions_are_printed_and_answered_from_the_shell(database_url: str, tmp_path: Path) -> None:
    with alerts_installation(database_url, tmp_path) as installation:
        installation.environment["TELEGRAM_BOT_TOKEN"] = ""
        world, shell = installation.world, Shell(installation.environment)
        world.execute("UPDATE subscription SET channel = 'console', address = 'Anna'")
        due(world)
        process = installation.start()
        first, second = "question #1\n\nWas this a fault? Answer with: ./run reply q1 y|n", "reply q2 y|n"
        installation.wait(lambda: process.said(first) and process.said(second), "they are printed")
        assert shell("reply", "q1", "n").startswith("Thank you. Noted: no fault, T-")
        assert shell("reply", "Q2", "y", "--comment", "it leaked").startswith("Thank you. Noted: real fault, T-")
        installation.wait(lambda: process.said("Answer: no fault (Anna)"), "the answer is printed")
        answers = world.rows("SELECT question, verdict, comment FROM effective_label ORDER BY question")
        assert answers == [(1, "false_alarm", ""), (2, "fault", "it leaked")]
        with pytest.raises(UserError, match="there is no question #999 for Anna"):
            shell("reply", "q999", "y")
        assert shell("reply", "q999", "undo").startswith("There is no answer of yours")
        assert world.one("SELECT count(*) FROM effective_label") == 2, "what was not named stays"
        assert shell("reply", "q2", "undo").startswith("Taken back: real fault, T-")
