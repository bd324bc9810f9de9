"""Messages that are no readings, through the real Kafka and a real consumer."""

import random

from tests.builders import a_reading, encoded
from tests.faults.catalogue import survives
from tests.world import World, assert_invariants

_BROKEN = (b"", b"null", b"[]", b"{", b'{"id":', b"\xff\xfe\xfd", b"\x00", b'{"sensors":' + b"[" * 5000, None)


@survives("one poison message in 500", checks="I1 I2")
def test_poison_never_stops_the_consumer_and_never_harms_its_neighbours(trained: World) -> None:
    chance = random.Random(7)
    good = [encoded(a_reading("pump-1", temperature=70.0, vibration=1.5, humidity=50.0)) for _ in range(400)]
    poison = [*_BROKEN * 5, *(chance.randbytes(chance.randrange(300)) for _ in range(60))]
    mixed: list[bytes | None] = [*good, *poison]
    chance.shuffle(mixed)
    trained.start("consumer")

    trained.publish_raw(((b"pump-1", value) for value in mixed), partition=0)
    trained.wait_until_read(len(mixed))

    assert trained.one("SELECT count(*) FROM reading WHERE score <> 'NaN'") == len(good)
    dead = trained.rows("SELECT kafka_offset, value, reason FROM dead_letter ORDER BY kafka_offset")
    kept = {row.kafka_offset: None if row.value is None else bytes(row.value) for row in dead}
    assert kept == {offset: value for offset, value in enumerate(mixed) if value not in good}
    assert all(row.reason for row in dead)
    assert_invariants(trained)
    assert trained.started[0].stop() == 0
