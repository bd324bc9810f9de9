"""The chat misbehaves, and dispatchers die: each alert arrives or is reported dead, in order, at the chat's pace."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.alert_world import ANNA, BEN
from tests.alerts_installation import alerts_installation
from tests.faults.catalogue import survives
from tests.faults.chat_rig import ChatRig
from tests.faults.deliveries import FLOOD_S, REPEAT
from tests.faults.proxy import Proxy

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

SEED = 20
CEM, DORA, GROUP = 13, 14, -5
INCIDENTS, BEFORE_THE_GROUP = 70, 40
SENDS = 3 * INCIDENTS + (INCIDENTS - BEFORE_THE_GROUP)
FEW = 8
"""So many messages wait in a chat at most: no backlog, each alert is a message of its own."""


@pytest.fixture
def rig(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ChatRig]:
    _, checks = request.node.get_closest_marker("survives").args
    with (
        alerts_installation(database_url, tmp_path) as installation,
        Proxy(urlsplit(installation.telegram.url).port or 0) as proxy,
    ):
        installation.environment["TELEGRAM_API_URL"] = f"http://127.0.0.1:{proxy.port}"
        yield ChatRig(installation, proxy, checks)


@survives(
    "Telegram 429",
    "Telegram: timeout after delivery",
    "Telegram: lost on the way",
    "dispatcher killed between send and mark",
    "two dispatchers",
    checks="I5 I10 I11",
)
def test_240_alerts_to_four_chats_that_fail_and_dispatchers_that_die_miss_nobody(rig: ChatRig) -> None:
    dice = random.Random(SEED)
    world, telegram = rig.installation.world, rig.installation.telegram
    deck = ["flood"] * (SENDS // 10) + ["timeout"] * (SENDS * 7 // 100) + ["drop"] * (SENDS * 3 // 100)
    deck += ["blocked"] * 2 + ["fine"] * (SENDS - len(deck) - 2)
    for card in dice.sample(deck, SENDS):
        telegram.fault(**_FAULTS[card])
    telegram.fault(**_FAULTS["fine"], count=SENDS)
    for name, chat in (("Ben", BEN), ("Cem", CEM)):
        world.operator(name, chat)
    rig.installation.module = "tests.faults.impatient_alerts"
    rig.installation.start()
    rig.installation.start()
    kills, orphaned = set(dice.sample(range(INCIDENTS), 10)), 0
    for number in range(INCIDENTS):
        if number == BEFORE_THE_GROUP:
            world.operator("Dora", DORA, chat=GROUP)
        rig.wait_until(lambda: rig.waiting() < FEW, "the chats take what is sent")
        world.alert(f"press-{number}")
        if number in kills:
            orphaned += rig.kill_one(dice)
    rig.survived()
    assert world.one("SELECT count(*) FROM outbox") == SENDS == 240
    hit = [call.fault for call in telegram.calls()]
    assert [hit.count(kind) for kind in ("flood", "drop", "blocked")] == [24, 7, 2]
    timed_out = [c for c in telegram.calls() if c.fault == "hang" and c.ended is not None and c.ended - c.began > 1.5]
    assert len(timed_out) > 8, "a few of the sixteen are cut short by a kill"
    assert orphaned, "a dispatcher died in the middle of a send"
    assert world.one("SELECT count(*) FROM outbox WHERE state = 'dead' AND error LIKE 'Forbidden%'") == 2
    assert any(REPEAT in message["text"] for message in telegram.messages())


_FAULTS: dict[str, dict[str, Any]] = {
    "flood": {"kind": "flood", "seconds": FLOOD_S},
    "blocked": {"kind": "blocked"},
    "timeout": {"kind": "hang", "seconds": 60},
    "drop": {"kind": "drop"},
    "fine": {"kind": "hang", "seconds": 0.2},  # long enough for a kill between send and mark
}


@survives("Telegram refused for an hour", checks="I5 I10 I11")
def test_an_hour_in_which_telegram_refuses_costs_no_alert_and_makes_no_repeat(rig: ChatRig) -> None:
    world, telegram = rig.installation.world, rig.installation.telegram
    rig.installation.start()
    rig.installation.alert("press-0")
    with rig.unreachable() as refused_for:
        for number in range(1, 4):
            world.alert(f"press-{number}")
        refused_for(60)
        assert len(telegram.messages(ANNA)) == 1
    rig.survived()
    assert len(telegram.messages(ANNA)) == 4
    assert not any(REPEAT in message["text"] for message in telegram.messages())


@survives("Telegram refused for an hour", checks="I5 I10 I11")
def test_500_incidents_while_telegram_refuses_for_an_hour_are_told_in_a_digest_and_can_be_answered(
    rig: ChatRig,
) -> None:
    world, telegram = rig.installation.world, rig.installation.telegram
    rig.installation.start()
    rig.installation.alert("press-0")
    with rig.unreachable() as refused_for:
        for minute in range(60):
            world.alerts([f"press-{minute}-{number}" for number in range(9 if minute < 20 else 8)])
            refused_for(1)
    rig.survived()
    assert world.one("SELECT count(*) FROM alert") == 1 + 500
    (_, *digests) = telegram.messages(ANNA)
    assert len(digests) <= 2, "no flood after the silence"
    assert "while this chat could not be reached" in digests[0]["text"]
    told = world.one("SELECT count(*) FROM outbox o JOIN outbox d ON d.id = o.carried_by WHERE d.state = 'sent'")
    assert told == 500, "each is accounted for by the digest that carried it"
    telegram.press(ANNA, digests[0], button=1)
    rig.wait_until(lambda: "Answered: 1 of " in telegram.messages(ANNA)[1]["text"], "the answer in the digest")
    assert world.rows("SELECT verdict FROM label") == [("false_alarm",)]
    telegram.say(ANNA, "Y 501")
    labels = "SELECT verdict FROM label WHERE alert = 501"
    rig.wait_until(lambda: world.rows(labels) == [("fault",)], "the answer to one that the digest only counts")


@survives("many devices that fail at once", checks="I5 I10 I11")
def test_300_devices_that_fail_at_once_are_no_flood(rig: ChatRig) -> None:
    rig.installation.start()
    rig.installation.alert("press-0")
    rig.installation.world.alerts([f"press-all-{number}" for number in range(300)])
    rig.wait_until(lambda: not rig.waiting(), "all of it was sent")
    rig.survived()
    digests = [message["text"] for message in rig.installation.telegram.messages(ANNA)][1:]
    assert len(digests) == 1
    assert digests[0].startswith("⚠ 300 of 302 devices show a fault: press\n")
    assert "perhaps they have one cause" in digests[0]
