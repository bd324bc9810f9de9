"""The product in one test: a false alarm, answered, is not raised again."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOON, a_reading
from tests.fake_telegram.client import Chats
from tests.processes import wait_until
from tests.world import World, assert_invariants

ANN = 4711
RELOAD_S = 2.0
"""From promotion to reload, by the clock of the database."""


def warm(device: str, count: int = 10, start: int = 0) -> Sequence[dict[str, Any]]:
    """A device that runs hot and is fine: nothing but its temperature is unusual."""
    return [
        a_reading(
            device,
            NOON + timedelta(seconds=start + tick),
            temperature=100.0 + tick / 10,
            vibration=1.5,
            humidity=50.0,
            pressure=35.0,
        )
        for tick in range(count)
    ]


@pytest.mark.timeout(600)  # a training and a retraining, each a process
def test_a_false_alarm_is_not_raised_twice(world: World, telegram: Chats) -> None:
    world.environment |= {"TELEGRAM_API_URL": telegram.url, "TELEGRAM_BOT_TOKEN": telegram.token}
    world.run("train", "equipment", "--simulate")
    world.run("operators", "add", "ann", "--telegram-id", str(ANN), "--zone", "Europe/Berlin")
    for process in ("consumer", "alerts", "trainer"):
        world.start(process)

    world.publish(warm("oven-1"))
    wait_until(lambda: bool(telegram.messages(ANN)), "an alert on Ann's phone\n" + world.logs())
    alert = telegram.messages(ANN)[0]
    assert "Your device oven-1 needs attention" in alert["text"]
    assert "temperature" in alert["text"]
    assert "13:00" in alert["text"], "Ann's clock, not ours"

    world.wait_until_read(10)
    telegram.say(ANN, "N", reply_to=alert["message_id"])
    world.wait_for("SELECT count(*) = 1 FROM label", "Ann's answer is a label")
    verdicts = world.rows("SELECT verdict, name FROM label JOIN operator ON operator.id = label.operator")
    assert [tuple(row) for row in verdicts] == [("false_alarm", "ann")]
    labelled = world.rows(
        "SELECT t.name, kafka_offset, model_version FROM labelled_reading JOIN topic t ON t.id = topic"
    )
    stored = world.rows("SELECT kafka_offset FROM reading WHERE score >= (SELECT threshold FROM model_version)")
    assert sorted(row.kafka_offset for row in labelled) == sorted(row.kafka_offset for row in stored)
    assert {(row.name, row.model_version) for row in labelled} == {(world.topic, 1)}
    wait_until(lambda: "false alarm" in telegram.messages(ANN)[0]["text"], "the alert shows the answer")
    said, drawn = "What spoke for a fault:\n• temperature", "its last 10 readings (alert #1)"
    wait_until(lambda: said in telegram.messages(ANN)[0]["text"], f"the alert is explained\n{world.logs()}")
    assert "false alarm" in telegram.messages(ANN)[0]["text"], "both are in the one message"
    wait_until(lambda: any(drawn in message["text"] for message in telegram.messages(ANN)), f"a chart\n{world.logs()}")

    report = json.loads(world.run("retrain", "equipment", "--json").stdout)
    assert (report["state"], report["version"]) == ("promoted", 2), report
    world.wait_for("SELECT EXISTS (SELECT FROM model_load WHERE number = 2 AND outcome = 'loaded')", "reloaded")
    seconds = world.one(
        "SELECT extract(epoch FROM l.at - p.at)::float FROM model_load l JOIN promotion p USING (machine, number)"
        " WHERE number = 2"
    )
    assert seconds <= RELOAD_S

    last_good = world.folder / "data" / "models" / "equipment" / "last_good"
    served = last_good.read_text()
    why = json.loads(world.run("explain", "1", "--json").stdout)
    assert last_good.read_text() == served, "what a consumer starts with while S3 is down is the champion still"
    assert (why["model_version"], why["device"]) == (1, "oven-1"), "by the version that raised it, not by the champion"
    assert why["sensors"][0]["sensor"] == "temperature"
    assert why["base"] + sum(sensor["push"] for sensor in why["sensors"]) == pytest.approx(why["margin"])

    world.publish([*warm("oven-1", start=100), *warm("oven-2", start=100)])
    world.wait_until_read(30)
    assert world.one(
        "SELECT array_agg(DISTINCT model_version) FROM reading WHERE time > :noon", noon=NOON + timedelta(seconds=50)
    ) == [2]
    assert world.one("SELECT count(*) FROM alert") == 1
    assert_invariants(world)
    assert [process.stop() for process in world.started] == [0, 0, 0]
    assert len([message for message in telegram.messages(ANN) if "needs attention" in message["text"]]) == 1
