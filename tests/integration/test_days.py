"""A day of readings is begun by whoever comes first, also when two come at once."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, text

from tests.processes import PATIENCE_S, wait_until

_BEGIN_DAY = text("SELECT ensure_reading_day('2026-03-01')")
_WAITING = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory')"
)


def test_two_consumers_that_begin_a_day_at_once_both_go_on(owner: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        with owner.connect() as first:
            first.execute(_BEGIN_DAY)
            second = pool.submit(_begin_day, owner)
            wait_until(lambda: _somebody_waits(owner), "the second one waits for the first")
            first.commit()
        assert second.result(PATIENCE_S) == 1


def _somebody_waits(owner: Engine) -> bool:
    with owner.connect() as looking:  # a transaction sees who waits only once
        return bool(looking.execute(_WAITING).scalar_one())


def _begin_day(owner: Engine) -> int:
    with owner.begin() as connection:
        connection.execute(_BEGIN_DAY)
        parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'reading'::regclass"
        found: int = connection.execute(text(parts)).scalar_one()
    return found
