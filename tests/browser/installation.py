"""`./run page` over a real database that holds what a shift leaves behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from core.batch import to_micros
from core.login import new_token
from core.reply import Reply
from db.engine import Engine, connect
from db.login_links import PostgresLoginLinks
from db.training import PostgresTrainingQueue
from tests.alert_world import ANNA, BEN, EVA, AlertWorld, alert_world
from tests.builders import a_batch
from tests.fake_reports import A_REPORT, SHA
from tests.page_process import PageProcess, page_process

LONG_NAME = "press-of-the-second-line-with-a-name-that-goes-on-and-on-" + "0123456789" * 4
"""Of a device: no space to break it at."""


_VERSION = """
    WITH version AS (
        INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id,
                                   sha256, algorithm, threshold, metrics, created_by)
        SELECT id, :number, '', '', '', '', '', 'rf', 0.4, '{"pr_auc": 0.81, "f1": 0.7}', 'ada' FROM machine
        RETURNING machine, number)
    INSERT INTO promotion (machine, number, kind, decided_by, reason)
    SELECT machine, number, 'gate', 'gate', 'not worse on the hold-out: PR-AUC 0.8123 against 0.8001' FROM version"""
_REPORT = """
    INSERT INTO training_report (machine, sha256, key, number, facts)
    SELECT machine, :sha256, 'machines/press/reports/2.html', number, CAST(:facts AS jsonb)
      FROM model_version WHERE number = 2"""
_HOLD = """
    WITH hold AS (INSERT INTO label_hold (machine, operator, pattern, reason)
                  SELECT machine, operator, 'burst', 'Ben answered 10 devices alike within 20 s' FROM label
                  RETURNING id)
    INSERT INTO label_held (label, hold) SELECT label.id, hold.id FROM label, hold"""
_ASK = """
    INSERT INTO question (machine, device, topic, kafka_partition, kafka_offset, pool, weight, operator, sensor, above,
                          time, sensors, class, score, model_version)
    SELECT d.machine, d.id, t.id, 0, :offset, 'tail', 1, o.id, 'temperature', true, now(), '{88, NaN}', 0, 0.31, 1
      FROM device d JOIN topic t ON t.machine = d.machine JOIN operator o ON o.name = 'Anna'
     WHERE d.name = 'press-quiet'"""


@dataclass
class Installation:
    """A page, and what happens behind it."""

    world: AlertWorld
    page: PageProcess
    alerts: Engine
    queue: PostgresTrainingQueue
    """As trainers see it."""
    first: int
    """An alert that Ben has answered."""

    def link(self, name: str) -> str:
        """A login link, without the command that prints one: it takes seconds."""
        token = new_token()
        PostgresLoginLinks(self.alerts).offer(name, token)
        return f"{self.page.url}/login/{token.text}"

    def question(self) -> int:
        """Ask Anna about a reading of a quiet device, as the questioner does for who has the page alone."""
        number = int(self.world.one("SELECT count(*) FROM question"))
        self.world.execute(_ASK, offset=number)
        self.world.execute("SELECT pg_notify('outbox', '')")
        return int(self.world.one("SELECT max(id) FROM question"))

    def verdicts(self, alert: int) -> list[str]:
        """The labels of an alert that count."""
        rows = self.world.rows("SELECT verdict FROM effective_label WHERE alert = :alert", alert=alert)
        return [row.verdict for row in rows]


@contextmanager
def installation(database_url: str, folder: Path) -> Iterator[Installation]:
    """One that is ended in the end."""
    alerts, trainer = connect(database_url, "alerts"), connect(database_url, "trainer")
    with alert_world(database_url) as world, page_process({"DATABASE_URL": database_url}, folder) as page:
        world.operator("Anna", ANNA)
        world.operator("Ben", BEN)
        world.operator("Eva", EVA, role="engineer")
        first = world.alert(LONG_NAME)
        world.inbox.accept(
            "shell", Reply("shell", None, "{}", "Ben", "shell", "n", alert=first, comment="<b>door</b> was open")
        )
        world.execute(_HOLD)
        world.store(a_batch(30, devices=["press-quiet"] * 30, first_offset=3))
        spoken = a_batch(5, devices=["press-humming"] * 5, first_offset=33)
        world.store(replace(spoken, times=np.full(5, to_micros(datetime.now(UTC)))))
        for number in (1, 2):
            world.execute(_VERSION, number=number)
        world.execute(_REPORT, sha256=SHA, facts=msgspec.json.encode(A_REPORT).decode())
        yield Installation(world, page, alerts, PostgresTrainingQueue(trainer), first)
    alerts.dispose()
    trainer.dispose()
