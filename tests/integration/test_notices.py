import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from db.notices import PostgresNotices
from tests.processes import PATIENCE_S


@pytest.fixture
def notices(database_url: str) -> Iterator[PostgresNotices]:
    listening = PostgresNotices(database_url, "consumer", "promotion")
    listening.wait(0)
    yield listening
    listening.close()


def notify(owner: Engine, channel: str = "promotion") -> None:
    with owner.begin() as connection:
        connection.execute(text("SELECT pg_notify(:channel, 'press')"), {"channel": channel})


def test_a_notice_wakes_whoever_waits(notices: PostgresNotices, owner: Engine) -> None:
    woken = []
    waiting = threading.Thread(target=lambda: woken.append(notices.wait(PATIENCE_S)))
    waiting.start()
    notify(owner)
    waiting.join(PATIENCE_S)
    assert woken == [True]


def test_without_a_notice_the_wait_ends_in_time(notices: PostgresNotices) -> None:
    assert not notices.wait(0.05)


def test_another_channels_notice_wakes_nobody(notices: PostgresNotices, owner: Engine) -> None:
    notify(owner, "outbox")
    assert not notices.wait(0.05)


def test_after_the_database_hung_up_it_listens_again(notices: PostgresNotices, owner: Engine) -> None:
    with owner.begin() as connection:
        assert connection.execute(text(_HANG_UP)).scalars().all() == [True], "and it has ended"
    assert not notices.wait(0.05)
    notices.wait(0)
    notify(owner)
    assert notices.wait(PATIENCE_S)


_HANG_UP = """
    SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
     WHERE query LIKE 'LISTEN%' AND datname = current_database()"""
