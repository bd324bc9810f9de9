"""Labels of an imported history: one a trouble, with copies of its readings, in the importer's name."""

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, text

from core.batch import Integers
from core.errors import UserError
from db.failures import failures_named


def engineer_named(engine: Engine, name: str) -> int:
    """Whose labels they will be. UserError where no engineer has that name, Unavailable."""
    with failures_named(), engine.connect() as connection:
        number: int | None = connection.execute(text(_ENGINEER), {"name": name}).scalar_one_or_none()
    if number is None:
        raise UserError(f"no engineer is named {name}: give --labels-by the name of one (./run operators list)")
    return number


def label_past(
    connection: Connection, topic: Mapping[str, int], engineer: int, devices: Integers, times: Integers, since: Integers
) -> int:
    """Label the imported readings of these devices and times as faults of the troubles that began at `since`.

    Readings without a score say nothing of the machine. How many are labelled now that were not.
    """
    arguments = {
        **topic,
        "engineer": engineer,
        "devices": devices.tolist(),
        "times": times.tolist(),
        "since": since.tolist(),
    }
    connection.execute(text(_LABELS), arguments)
    return int(connection.execute(text(_COPIES), arguments).rowcount)


_ENGINEER = "SELECT id FROM operator WHERE name = :name AND role = 'engineer' AND removed_at IS NULL"
_WANTED = """
    unnest(CAST(:devices AS integer[]), CAST(:times AS bigint[]), CAST(:since AS bigint[]))
        AS w (device, time, since)"""
_SINCE = "timestamptz 'epoch' + w.since * interval '1 microsecond'"
# Once a trouble, also where somebody took the label back: whoever imports again does not say it again.
_LABELS = f"""
    WITH wanted AS (SELECT DISTINCT w.device, w.since, {_SINCE} AS moment FROM {_WANTED}),
         new AS (SELECT w.* FROM wanted w
                  WHERE NOT EXISTS (SELECT FROM label l
                                     WHERE l.source = 'import' AND l.device = w.device AND l.since = w.moment)),
         note AS (INSERT INTO inbox (channel, bot, update_id, raw, sender, outcome)
                  SELECT 'import', 'import:' || n.device, n.since, '{{}}', o.name, 'imported'
                    FROM new n JOIN operator o ON o.id = :engineer RETURNING id, bot, update_id)
    INSERT INTO label (source, machine, device, since, operator, verdict, comment, inbox)
    SELECT 'import', :machine, n.device, n.moment, :engineer, 'fault', '', note.id
      FROM new n JOIN note ON note.bot = 'import:' || n.device AND note.update_id = n.since
     ORDER BY n.since, n.device"""  # noqa: S608  # ours
_COPIES = f"""
    INSERT INTO labelled_reading (label, topic, kafka_partition, kafka_offset, machine, device, time, sensors, quality,
                                  class, score, model_version)
    SELECT l.id, r.topic, r.kafka_partition, r.kafka_offset, :machine, r.device, r.time, r.sensors, r.quality,
           r.class, r.score, r.model_version
      FROM {_WANTED}
      JOIN label l ON l.source = 'import' AND l.device = w.device AND l.since = {_SINCE}
      JOIN imported_reading i ON i.device = w.device
                             AND i.time = timestamptz 'epoch' + w.time * interval '1 microsecond'
      JOIN reading r ON r.topic = :topic AND r.kafka_partition = 0 AND r.kafka_offset = i.kafka_offset
     WHERE r.quality = 0
    ON CONFLICT DO NOTHING"""  # noqa: S608  # ours
