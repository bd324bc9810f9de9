"""A soak: every process of ours under load, faults mixed at random from a seed, and a report at the end."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_telegram.client import running
from tests.faults.catalogue import INVARIANTS, survives
from tests.faults.chat import ANN, Chat
from tests.faults.invariants import TAKEOVERS_AT_MOST
from tests.faults.rig import Rig
from tests.faults.soak_faults import SoakFaults

MINUTES = float(os.environ.get("SOAK_MINUTES", "2"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
REPORT = os.environ.get("SOAK_REPORT", "")
PARTITIONS = 6
RATE = 400
"""Readings a second: an hour of them is as much as a recomputation holds in memory."""
PAUSE_S = (0.5, 3.0)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(MINUTES * 60 + 600)]


@survives("many rebalances under load", "Postgres restarted", "broker down", checks=" ".join(INVARIANTS))
def test_a_soak_of_faults_at_random_breaks_no_invariant(rig: Rig) -> None:
    dice, fired = random.Random(SEED), Counter[str]()
    chats = rig.until_the_end.enter_context(running())
    rig.world.environment |= {"TELEGRAM_API_URL": chats.url, "TELEGRAM_BOT_TOKEN": chats.token}
    rig.add_partitions(PARTITIONS)
    rig.world.partitions = PARTITIONS
    rig.world.run("operators", "add", "ann", "--telegram-id", str(ANN))
    rig.chat = Chat(rig.world, chats)
    soak = SoakFaults(rig, rig.proxy("postgres"), dice, RATE)
    rig.wait_for_progress()
    began = time.monotonic()
    for kind in in_turn(list(soak.kinds()), dice):
        soak.kinds()[kind]()
        fired[kind] += 1
        rig.takeovers = TAKEOVERS_AT_MOST + 4 * fired.total()
        rig.chat.answer(dice)
        if time.monotonic() - began > MINUTES * 60:
            break
        rig.wait_for_progress(int(RATE * dice.uniform(*PAUSE_S)))
    soak.stop_producing()
    minutes = (time.monotonic() - began) / 60
    try:
        rig.survived(drain_s=180)
    finally:
        tell(report_of(rig, fired, minutes))


def in_turn(kinds: list[str], dice: random.Random) -> Iterator[str]:
    """Every kind once in an order of the dice's, then again in another, for ever."""
    while True:
        yield from dice.sample(kinds, len(kinds))


def report_of(rig: Rig, fired: Counter[str], minutes: float) -> dict[str, Any]:
    """What happened, as JSON."""
    one = rig.world.one
    return {
        "minutes": round(minutes, 1),
        "seed": SEED,
        "faults": dict(sorted(fired.items())),
        "faults_in_all": fired.total(),
        "readings": one("SELECT count(*) FROM reading"),
        "dead_letters": one("SELECT count(*) FROM dead_letter"),
        "alerts": one("SELECT count(*) FROM alert"),
        "replies": len(rig.chat.replies) if rig.chat else 0,
        "process_starts": len(rig.world.started),
        "takeovers": one("SELECT sum(owner_epoch)::int FROM ingest_partition"),
        "invariants": {name: words or "held" for name, words in rig.outcome.items()},
        "peak_memory_mb": round(max(rig.memory.mb.values())),
    }


def tell(report: dict[str, Any]) -> None:
    """Print it, and write it where SOAK_REPORT says."""
    print(f"\nSoak of {report['minutes']} minutes, seed {report['seed']}")
    for name, value in report.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for kind, count in value.items():
                print(f"  {kind:32} {count}")
        else:
            print(f"{name:34} {value}")
    if REPORT:
        Path(REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
