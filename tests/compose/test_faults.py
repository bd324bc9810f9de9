"""Whatever of the installation is killed, stopped, started anew or multiplied: nothing is lost, and nothing doubled."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.compose.installation import Installation
from tests.compose.reference import assert_as_a_clean_run
from tests.fake_telegram.client import Chats
from tests.faults.deliveries import assert_each_alert_arrived_or_is_reported_dead
from tests.processes import wait_until

pytestmark = [pytest.mark.compose_long, pytest.mark.timeout(480)]

BEN, STRANGER = 4712, 666
KILLED = (
    *("consumer", "alerts", "page", "api", "trainer", "producer"),
    *("postgres", "kafka", "object-store", "prometheus", "grafana"),
)
STORED = "SELECT sum(next_offset) FROM ingest_partition"


def goes_on(installation: Installation) -> None:
    """More is stored than a moment ago."""
    before = int(installation.one(STORED))
    wait_until(lambda: int(installation.one(STORED)) > before + 50, "consumption goes on", 90, pause=1)


class Answers:
    """Ben answers alerts as they come, and a stranger tries to."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats
        self._answered: set[int] = set()
        self.updates: dict[int, bool] = {}
        """Number → whether its sender may answer."""

    def some(self) -> None:
        """To the newest message that was not answered yet. `Not sure` teaches no model."""
        for message in self._chats.messages(BEN)[-1:]:
            if message["message_id"] not in self._answered:
                self._answered.add(message["message_id"])
                for who in (BEN, STRANGER):
                    said = self._chats.say(who, "not sure", chat=BEN, reply_to=message["message_id"])
                    self.updates[said["update_id"]] = who == BEN


@pytest.fixture(scope="module")
def answers(installation: Installation) -> Iterator[Answers]:
    """Ben gets the alerts, and readings come at 100 a second."""
    installation.wait_for("SELECT count(*) > 0 FROM reading WHERE score <> 'NaN'", "the first model scores", 180)
    installation.faultline("alerts", "operators", "add", "ben", "--telegram-id", str(BEN))
    installation.faultline("producer", "producer", "--seed", "8", "--fault-rate", "0.3", "--count", "3000")
    wait_until(lambda: len(installation.chats.messages(BEN)) > 0, "an alert on Ben's phone", 60, pause=0.5)
    yield Answers(installation.chats)
    installation.compose("start", "producer")


@pytest.mark.parametrize("service", KILLED)
def test_a_service_that_is_killed_is_started_anew_and_reading_goes_on(
    installation: Installation, answers: Answers, service: str
) -> None:
    answers.some()
    installation.kill(service)
    goes_on(installation)


@contextmanager
def stopped(installation: Installation, service: str) -> Iterator[None]:
    """Without the service, which is there again afterwards, whatever the test found."""
    installation.compose("stop", service)
    try:
        yield
    finally:
        installation.compose("start", service)


def test_a_database_that_is_stopped_is_waited_for(installation: Installation, answers: Answers) -> None:
    with stopped(installation, "postgres"):
        tries = "trying again in"
        wait_until(lambda: installation.logs(of="consumer").count(tries) > 2, "the consumer tries again", 60, pause=1)
    goes_on(installation)
    answers.some()


def test_a_consumer_that_lost_kafka_lives_and_is_not_ready_until_it_is_back(
    installation: Installation, answers: Answers
) -> None:
    with stopped(installation, "kafka"):
        lost = "Kafka has not answered"
        wait_until(lambda: lost in installation.ready("consumer"), "it says that Kafka is away", 90, pause=1)
        installation.inside("consumer", "bash /app/deploy/healthy.sh live")
    goes_on(installation)
    wait_until(lambda: installation.ready("consumer") == "ready", "it is ready again", 60, pause=1)
    answers.some()


def test_consumers_that_become_four_and_one_again_share_the_partitions(
    installation: Installation, answers: Answers
) -> None:
    owners = "SELECT count(DISTINCT owner) = {} FROM ingest_partition"
    installation.up("--no-recreate", "--scale", "consumer=4")
    installation.wait_for(owners.format(4), "four consumers have a partition each", 90)
    goes_on(installation)
    answers.some()
    installation.up("--no-recreate", "--scale", "consumer=1")
    installation.wait_for(owners.format(1), "the one that is left has them all", 90)
    goes_on(installation)


def test_after_all_of_that_the_invariants_hold(installation: Installation, answers: Answers) -> None:
    installation.compose("stop", "producer")

    def nothing_waits() -> bool:
        status = json.loads(installation.faultline("consumer", "status", "--json"))
        return bool(status["machines"]["equipment"]["lag"] == 0 and status["outbox"]["waiting"] == 0)

    wait_until(nothing_waits, "all is stored, and all is sent", 120, pause=2)

    i1 = "SELECT bool_and(stored + duplicates + dead_letters + gaps = next_offset - first_offset) FROM ingest_partition"
    assert installation.one(i1) == "t", "I1: each message is accounted for"
    i2 = (
        "SELECT count(*) > 1000 AND count(*) = count(DISTINCT (topic, kafka_partition, kafka_offset))"
        " AND count(*) = count(DISTINCT id) AND count(*) = (SELECT sum(stored) FROM ingest_partition) FROM reading"
    )
    assert installation.one(i2) == "t", "I2: each is stored once"
    assert_as_a_clean_run(installation)
    assert installation.one("SELECT count(*) > 3 FROM outbox WHERE kind = 'alert' AND channel = 'telegram'") == "t"
    assert_each_alert_arrived_or_is_reported_dead(installation, installation.chats)
    outcomes = {
        row.update_id: (row.rows, row.labels)
        for row in installation.rows(
            "SELECT i.update_id, count(DISTINCT i.id) AS rows, count(l.id) AS labels"
            " FROM inbox i LEFT JOIN label l ON l.inbox = i.id WHERE i.channel = 'telegram' GROUP BY 1"
        )
    }
    assert len(answers.updates) >= 4
    for update, authorised in answers.updates.items():
        rows, labels = outcomes[update]
        assert rows == 1, "I6: one inbox row"
        assert labels == 0 if not authorised else labels <= 1, "I6: at most one label, none of a stranger's"
    assert any(labels for _, labels in outcomes.values())
