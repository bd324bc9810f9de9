"""A clock that jumps: only the day under which readings are kept asks it; leases and decisions do not."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.catalogue import EVERYTHING, survives
from tests.faults.rig import PATIENT, Rig

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

HOUR = 3600.0


@survives("clock ±1 h", checks=EVERYTHING)
def test_a_clock_that_jumps_an_hour_over_midnight_and_back_changes_nothing_that_is_concluded(rig: Rig) -> None:
    half_past_eleven = seconds_until_midnight() - HOUR / 2
    clocks = [rig.world.folder / "clock-1", rig.world.folder / "clock-2"]
    for clock in clocks:
        clock.write_text(str(half_past_eleven))
    with rig.load() as load:
        for clock in clocks:
            rig.world.start("consumer", str(clock), module="tests.faults.shifted_consumer", **PATIENT)
        rig.wait_for("SELECT count(DISTINCT owner) = 2 FROM ingest_partition", "both own a partition")
        for hours in (1, -1, 1, 0):
            clocks[0].write_text(str(half_past_eleven + hours * HOUR))
            rig.wait_for_progress(4000)
        epochs = "SELECT sum(owner_epoch) FROM ingest_partition"
        before = rig.world.one(epochs)
        clocks[1].write_text(str(half_past_eleven - HOUR))
        rig.wait_for_progress(4000)
        assert rig.world.one(epochs) == before, "nobody lost a partition to the clock"
    rig.survived(load.published)
    assert rig.world.one("SELECT count(DISTINCT day) FROM reading") == 2, "the jumps crossed midnight"


def seconds_until_midnight() -> float:
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - now).total_seconds()
