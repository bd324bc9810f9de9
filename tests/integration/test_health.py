"""Real processes say whether they live and are ready."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import make_url, text

from db.engine import connect
from tests.alert_world import EVA, AlertWorld
from tests.alerts_installation import alerts_installation
from tests.conftest import Servers
from tests.page_process import page_process
from tests.probe import Probe


@contextmanager
def away(servers: Servers, database_url: str) -> Iterator[None]:
    """The database takes no connection, and has ended those that it had."""
    name = make_url(database_url).database
    engine = connect(servers.database_url, "owner").execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(end), {"name": name})
        try:
            yield
        finally:
            connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    engine.dispose()


def test_a_dispatcher_that_cannot_reach_its_database_is_not_ready_and_lives(
    servers: Servers, database_url: str, tmp_path: Path
) -> None:
    probe = Probe()
    with alerts_installation(database_url, tmp_path) as installation:
        installation.environment |= probe.settings
        process = installation.start()
        probe.wait_until_ready_says("ready")
        installation.alert()
        probe.wait_until_metric(1, "faultline_sends_total", channel="telegram", outcome="sent")
        with away(servers, database_url):
            closed = "not currently accepting connections"
            installation.wait(lambda: closed in probe.ask("/health/ready")[1], "it says why it is not ready")
            assert probe.ask("/health/ready")[0] == 503
            assert probe.ask("/health/live") == (200, "live\n")
            assert probe.metric("faultline_ready") == 0
        probe.wait_until_ready_says("ready")
        assert process.running


def test_the_page_tells_what_the_database_knows_and_not_on_the_port_that_people_reach(
    database_url: str, tmp_path: Path, world: AlertWorld
) -> None:
    probe = Probe()
    world.alert()
    with page_process({"DATABASE_URL": database_url, **probe.settings}, tmp_path) as page:
        probe.wait_until_ready_says("ready")
        assert probe.metric("faultline_database_up") == 1
        assert probe.metric("faultline_alerts_total", machine="press", kind="fault") == 1
        assert probe.metric("faultline_outbox_messages", state="pending") == 1
        for path in ("/metrics", "/health/ready"):
            assert httpx.get(f"{page.url}{path}").status_code == 404


def test_a_rule_that_rings_reaches_each_engineer_once_as_it_begins_and_once_as_it_ends(
    database_url: str, tmp_path: Path, world: AlertWorld
) -> None:
    probe, token = Probe(), "t" * 64
    world.operator("Eva", EVA, role="engineer")
    environment = {"DATABASE_URL": database_url, "PROMETHEUS_TOKEN": token, **probe.settings}
    now = datetime.now(UTC)

    def post(ends_at: datetime, token: str = token) -> int:
        alert = {
            "labels": {"alertname": "OutboxGrows"},
            "annotations": {"summary": "<b> waits"},
            "endsAt": ends_at.isoformat(),
        }
        return probe.post("/api/v2/alerts", [alert], token)

    with page_process(environment, tmp_path) as page:
        probe.wait_until_ready_says("ready")
        assert post(now + timedelta(hours=1), "another token") == 401
        assert [post(now + timedelta(hours=1)) for _ in range(3)] == [200] * 3
        assert [post(now - timedelta(hours=1)) for _ in range(3)] == [200] * 3
        assert page.process.stop() == 0
        assert token not in page.process.log.read_text(), "I11: no secret in any log"
    waiting = world.rows("SELECT address, body ->> 'text' AS words FROM outbox ORDER BY id")
    assert waiting == [(str(EVA), "🔧 <b> waits."), (str(EVA), "✅ Over: <b> waits")]
