"""Tells people what their answers did, in the transaction that promotes the model which learnt from them."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import msgspec
from sqlalchemy import Connection, text

from core.prediction import ModelVersion
from core.taught import taught
from core.verdict_replay import Replayed


def tell_teachers(connection: Connection, version: ModelVersion, gate: Mapping[str, object]) -> None:
    """Queue one message for each chat of each person from whose answers this version is the first to learn."""
    replay = msgspec.convert(gate.get("replay", ()), Sequence[Replayed])
    arguments = {**version._asdict(), "labels": [one.label for one in replay]}
    rows = connection.execute(text(_GIVEN), arguments).all()
    for operator, group in groupby(rows, key=lambda row: row.operator):
        labels = list(group)
        new = {row.id for row in labels if row.new}
        if new:
            facts = taught(version.machine, version.number, new, {row.id for row in labels}, replay)
            body = msgspec.json.encode(facts).decode()
            connection.execute(text(_TELL), {"operator": operator, "machine": version.machine, "body": body})
    connection.execute(text("SELECT pg_notify('outbox', '')"))


_GIVEN = """
    WITH learnt AS (
        SELECT v.number, CAST(jsonb_array_elements_text(v.lineage -> 'label_ids') AS bigint) AS label
          FROM model_version v JOIN machine m ON m.id = v.machine
         WHERE m.name = :machine AND v.number IN (:number, (
               SELECT p.previous FROM promotion p WHERE p.machine = v.machine ORDER BY p.id DESC LIMIT 1)))
    SELECT l.id, l.operator, count(*) FILTER (WHERE t.number = :number) = 1 AND count(t.number) = 1 AS new
      FROM label l LEFT JOIN learnt t ON t.label = l.id
     WHERE t.label IS NOT NULL OR l.id = ANY(:labels)
     GROUP BY l.id, l.operator ORDER BY l.operator, l.id"""
_TELL = """
    INSERT INTO outbox (channel, address, zone, kind, body)
    SELECT DISTINCT ON (s.channel, s.address) s.channel, s.address, o.zone, 'taught', CAST(:body AS jsonb)
      FROM subscription s JOIN operator o ON o.id = s.operator AND o.removed_at IS NULL
      LEFT JOIN machine m ON m.id = s.machine
     WHERE o.id = :operator AND (s.machine IS NULL OR m.name = :machine) AND s.channel IN ('telegram', 'console')
     ORDER BY s.channel, s.address, s.id"""
