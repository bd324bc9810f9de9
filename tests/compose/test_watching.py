"""Who runs the installation sees how it is, and hears of its troubles."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.compose.installation import Installation
from tests.dashboards import POSTGRES, Asked, as_promql, as_sql, asked
from tests.processes import wait_until

pytestmark = [pytest.mark.compose_long, pytest.mark.timeout(480)]

EVA = 4713
TROUBLES = {
    "ConsumerStalled": "🔧 Readings of readings.equipment",
    "DeadLetterBurst": "messages of equipment were refused within five minutes",
    "OutboxGrows": "🔧 Messages to people wait",
    "DispatcherDead": "🔧 No dispatcher answers",
    "PartitionHalted": "🔧 Of readings.equipment partitions wait for a person's decision",
}
"""Each rule with what the engineers read of it."""
_HALT = "UPDATE ingest_partition SET halt = {}, halt_reason = {}, halted_at = {} WHERE kafka_partition = 3"
_SECONDS_OF_LOCK = 300
_LOCK = f"BEGIN; LOCK TABLE ingest_partition IN SHARE ROW EXCLUSIVE MODE; SELECT pg_sleep({_SECONDS_OF_LOCK})"
_UNLOCK = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK TABLE%'"
# Not a hundred in a row, and not half of the last thousand: that would halt the partition.
_REFUSED = """
import time
from confluent_kafka import Producer
kafka = Producer({"bootstrap.servers": "kafka:9092"})
for _ in range(6):
    for partition in range(4):
        for _ in range(25):
            kafka.produce("readings.equipment", b"no reading", partition=partition)
    kafka.flush()
    time.sleep(4)
"""


def test_a_stalled_consumer_a_burst_of_dead_letters_a_growing_outbox_and_a_dead_dispatcher_reach_engineers(
    installation: Installation,
) -> None:
    installation.faultline("alerts", "operators", "add", "eva", "--telegram-id", str(EVA), "--role", "engineer")
    installation.python("producer", _REFUSED)
    installation.wait_for("SELECT sum(dead_letters) >= 600 FROM ingest_partition", "they are refused", 60)
    installation.one(_HALT.format("'a test'", "'a test'", "now()"))  # no consumer looks for it: nobody takes it over
    installation.compose("stop", "alerts")
    installation.compose("exec", "--detach", "postgres", "psql", "--username", "faultline", "--command", _LOCK)
    waits = "SELECT count(*) > 0 FROM outbox WHERE state = 'pending' AND body ->> 'text' LIKE '🔧%'"
    installation.wait_for(waits, "a rule's words wait for a dispatcher")
    # Five minutes pass for what waits; the rules' own times are as they are.
    installation.one("UPDATE outbox SET created_at = created_at - interval '10 minutes' WHERE state = 'pending'")

    def ring() -> bool:
        return installation.prometheus('ALERTS{alertstate="firing"}', by="alertname").keys() >= TROUBLES.keys()

    wait_until(ring, f"these ring: {', '.join(TROUBLES)}", 300, pause=2)
    past_it = "messages to people wait"
    wait_until(lambda: past_it in installation.logs(of="mailbox"), "engineers hear of it past the outbox", 60, pause=1)

    installation.one(_UNLOCK)
    installation.one(_HALT.format("NULL", "NULL", "NULL"))
    installation.compose("start", "alerts")

    def heard() -> str:
        return "\n".join(message["text"] for message in installation.chats.messages(EVA))

    wait_until(lambda: all(words in heard() for words in TROUBLES.values()), "Eva reads of each", 120, pause=1)
    over = "✅ Over: Of readings.equipment partitions wait"
    wait_until(lambda: over in heard(), "and that one is over", 120, pause=1)


def test_grafana_has_the_four_dashboards_for_who_knows_the_password(installation: Installation) -> None:
    password = installation.inside("grafana", "cat /run/secrets/faultline/admin_password")
    url = f"http://127.0.0.1:{installation.grafana_port}/api/search?type=dash-db"
    found = httpx.get(url, auth=("admin", password), timeout=30).json()
    assert {board["title"] for board in found} == {question.dashboard for question in asked()}


def test_every_panel_returns_data(installation: Installation) -> None:
    device = installation.one(
        "SELECT d.name FROM incident i JOIN device d ON d.id = i.device ORDER BY i.id DESC LIMIT 1"
    )
    password = installation.inside("grafana", "cat /run/secrets/faultline/database_password")

    def rows(question: Asked) -> int:
        if question.source != POSTGRES:
            query = f"count({as_promql(question.query)})"
            return int(sum(installation.prometheus(query, by="").values()))
        now = datetime.now(UTC)
        query = as_sql(question.query, "equipment", device)
        query = query.replace(":since", f"'{now - timedelta(hours=6)}'").replace(":until", f"'{now}'")
        return len(installation.one(query, login=("faultline_dashboards_login", password)).splitlines())

    # Drift is looked for once an hour, the first time perhaps before there were enough readings: an hour passes for it.
    installation.wait_for("SELECT count(*) >= 3000 FROM reading", "there are enough now", 240)
    installation.one("UPDATE drift_window SET until = until - interval '1 hour'")
    installation.compose("restart", "trainer")
    looked = "faultline_drift_psi"
    wait_until(lambda: bool(installation.prometheus(looked, by="sensor")), "drift is looked for", 240, pause=2)
    assert [f"{one.dashboard}: {one.panel}" for one in asked() if not rows(one)] == []
