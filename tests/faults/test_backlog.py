"""A long backlog before a slow database: what is fetched ahead is bounded, and so is the memory."""

import pytest

from tests.faults.catalogue import ALWAYS, survives
from tests.faults.rig import Rig
from tests.load import publish_some

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

BACKLOG = 400_000


@survives("a long backlog with a slow database", checks=ALWAYS)
def test_a_long_backlog_before_a_slow_database_needs_no_more_memory(rig: Rig) -> None:
    with rig.world.publishing() as publish:
        publish_some(publish, 0, BACKLOG, period=1_000_000)
    network = rig.proxy("postgres")
    network.delay = 0.02
    consumer = rig.consumer()
    rig.wait_for_progress(100_000)
    assert consumer.running
    assert rig.progress() < BACKLOG, "it is slow: the rest waits in Kafka"
    network.mend()
    rig.survived(BACKLOG)
