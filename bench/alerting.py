"""`bench alerts`: from the reading that opens an incident to the message in a chat, and what healthy devices cost."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.chats import Chats, chats
from bench.database import Database
from bench.healthy import healthy
from bench.installation import Installation, Trained
from bench.paced import Paced, Published
from bench.process import Process, run
from bench.stream import PARTITIONS
from bench.trouble import with_trouble
from bench.waiting import wait

_DEVICES = 100
"""Few enough that the model's false alarms hardly add to the alerts."""
_FIRST_CHAT = 1001
_READINGS_OF_EACH = 100
"""Of each device that the model is trained on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much trouble among how many readings, and how many healthy devices."""

    rate: int = 2_000
    seconds: float = 120.0
    warm_up_s: float = 4.0
    every_s: float = 2.5
    """So often an incident opens, of which every chat gets an alert; false alarms of the model come on top."""
    chats: int = 4
    healthy_devices: int = 10_000
    backlog: int = 1_000_000
    trained_on_devices: int = 2_000
    """One in ten healthy devices runs where a fault would begin to show: forty are too few to learn how far they go."""


QUICK = Plan(seconds=6.0, warm_up_s=1.0, healthy_devices=100, backlog=200_000, trained_on_devices=400)


def alerting(installation: Installation, plan: Plan) -> dict[str, Any]:
    """Seconds from produce() to the message; then the alerts and the cost of devices that are well."""
    devices = plan.trained_on_devices
    with installation.trained(["lr"], devices * _READINGS_OF_EACH, devices) as trained:
        return {
            "settings": {"partitions": PARTITIONS, "devices": _DEVICES, **asdict(plan)},
            "reading_to_chat_s": _reading_to_chat(installation, plan, trained["lr"]),
            "healthy": healthy(installation, trained["lr"], plan.healthy_devices, plan.backlog),
        }


def _reading_to_chat(installation: Installation, plan: Plan, trained: Trained) -> dict[str, float]:
    topic = installation.topic("bench-alerts", PARTITIONS)
    machine = installation.machine(topic.machines_directory)
    with (
        installation.database(trained) as database,
        chats() as phones,
        installation.consumer(topic, trained, database) as consumer,
        _alerts(installation, database, trained, phones, plan.chats) as alerts,
    ):
        wait(lambda: database.rows(_ASSIGNED) == [(PARTITIONS,)], consumer, "did not get its partitions")
        readings = with_trouble(machine, _DEVICES, plan.rate, plan.warm_up_s, plan.seconds, plan.every_s)
        published = Paced(installation.kafka, machine.topics[0], readings, plan.rate).publish()
        expected = int(plan.seconds / plan.every_s)
        wait(
            lambda: len(database.rows(_OPENED)) >= expected,
            consumer,
            f"did not open {expected} incidents",
            pause_s=0.05,
        )
        opened = database.rows(_OPENED)
        wanted = len(opened) * plan.chats
        wait(lambda: len(_arrivals(phones)) >= wanted, alerts, f"did not send {wanted} alerts", pause_s=0.05)
        figures = _figures(published, opened, _arrivals(phones))
    installation.progress.say(f"reading to chat: p50 {figures['p50']:.3f} s, p99 {figures['p99']:.3f} s")
    return figures


@contextmanager
def _alerts(
    installation: Installation, database: Database, trained: Trained, phones: Chats, people: int
) -> Iterator[Process]:
    """The alerts process as it is, and so many people who hear of everything."""
    environment = {
        **installation.environment,
        **phones.environment,
        "DATABASE_URL": database.url,
        "S3_BUCKET": trained.bucket,
    }
    log = installation.folder / "alerts.log"
    for number in range(_FIRST_CHAT, _FIRST_CHAT + people):
        run(["operators", "add", f"person-{number}", "--telegram-id", str(number)], environment, log)
    with Process(["alerts"], environment, log) as process:
        yield process


def _arrivals(phones: Chats) -> Mapping[tuple[int, str], float]:
    """(alert, chat) → when its message came, time.monotonic."""
    found: dict[tuple[int, str], float] = {}
    for call in phones.sent():
        if call["method"] == "sendMessage" and "Alert #" in call["text"]:
            number = int(call["text"].partition("Alert #")[2].split()[0])
            found.setdefault((number, call["chat"]), call["began"])
    return found


def _figures(
    published: Published, opened: Sequence[tuple[Any, ...]], arrived: Mapping[tuple[int, str], float]
) -> dict[str, float]:
    clocks = time.monotonic() - time.perf_counter()  # the same clock on Linux
    places = zip(published.partitions.tolist(), published.offsets.tolist(), strict=True)
    sent_at = dict(zip(places, published.at.tolist(), strict=True))
    opened_at = {alert: sent_at[partition, offset] + clocks for alert, partition, offset in opened}
    seconds = [at - opened_at[alert] for (alert, _), at in arrived.items()]
    p50, p99 = np.percentile(seconds, [50, 99]).tolist()
    return {"p50": p50, "p99": p99, "worst": max(seconds), "alerts": len(opened), "messages": len(seconds)}


_ASSIGNED = "SELECT count(*) FROM ingest_partition WHERE owner <> ''"
_OPENED = "SELECT a.id, i.kafka_partition, i.opened_offset FROM alert a JOIN incident i ON i.id = a.incident"
