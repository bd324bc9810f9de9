"""I4: a clean run of one consumer over the same log, with a database and a group of its own, comes to the same."""

import uuid

from db.engine import connect
from tests.conftest import fresh_database
from tests.faults.lag import Lag
from tests.world import World

# Without the version's number: where models are swapped under load, both versions are the same bytes.
WHAT_MUST_BE_EQUAL = {
    "readings": """
        SELECT r.kafka_partition, count(*), md5(string_agg(concat_ws(',', r.kafka_offset, r.id, d.name, r.time,
               r.sensors, r.quality, r.class, r.score), ';' ORDER BY r.kafka_offset))
          FROM reading r JOIN device d ON d.id = r.device GROUP BY 1 ORDER BY 1""",
    "dead letters": "SELECT kafka_partition, kafka_offset, stage, reason FROM dead_letter ORDER BY 1, 2",
    "incidents": """
        SELECT i.kafka_partition, i.opened_offset, i.kind, d.name, i.since_offset, i.last_offset, i.closed_offset,
               i.faults, i.peak FROM incident i JOIN device d ON d.id = i.device
         WHERE i.kind <> 'silent' ORDER BY 1, 2, 3""",
    "alerts": """
        SELECT i.kafka_partition, i.opened_offset, i.kind, a.probability, a.standing_out, a.reasons
          FROM alert a JOIN incident i ON i.id = a.incident WHERE i.kind <> 'silent' ORDER BY 1, 2, 3""",
}


def assert_as_a_clean_run(world: World, template: str) -> None:
    """What is stored equals what one consumer makes of this log that nothing ever happens to.

    `template`: a database with the champion and nothing else.
    """
    with fresh_database(world.servers.database_url, f"reference_{uuid.uuid4().hex[:12]}", template) as url:
        engine = connect(url, "owner")
        reference = world.beside(engine, "reference")
        try:
            consumer = reference.start("consumer")
            Lag(reference).wait_until_none()
            assert consumer.stop() == 0
            for what, query in WHAT_MUST_BE_EQUAL.items():
                ours, clean = list(map(tuple, world.rows(query))), list(map(tuple, reference.rows(query)))
                assert ours == clean, f"I4: {what} differ from those of a clean run: {_difference(ours, clean)}"
        finally:
            reference.end()
            engine.dispose()


def _difference(ours: list[tuple[object, ...]], clean: list[tuple[object, ...]]) -> str:
    surplus = [row for row in ours if row not in clean]
    missing = [row for row in clean if row not in ours]
    return f"{len(ours)} here, {len(clean)} there; only here: {surplus[:3]}; only there: {missing[:3]}"
