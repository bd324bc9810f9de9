"""The pace is kept in the database, so that dispatchers which know nothing of each other hold it together."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, text

from db.engine import connect
from db.outbox import PostgresOutbox
from tests.processes import wait_until

CHATS = 40
_PUT = """
    INSERT INTO outbox (channel, address, kind, body)
    SELECT 'telegram', chat::text, 'receipt', '{}' FROM generate_series(1, :chats) AS chat"""
_WAITING = "SELECT count(*) FROM outbox WHERE state = 'pending'"
# A lease tells when it was taken, on the database's clock.
_TAKEN = "SELECT extract(epoch FROM lease_until)::float8 FROM outbox ORDER BY lease_until"


def test_three_dispatchers_together_send_thirty_a_second_and_each_message_once(
    database_url: str, owner: Engine
) -> None:
    def dispatch(worker: int) -> list[int]:
        engine = connect(database_url, "alerts")
        outbox, mine = PostgresOutbox(engine), list[int]()

        def is_empty() -> bool:
            if message := outbox.claim(("telegram",), f"worker-{worker}"):
                mine.append(message.id)
            with owner.connect() as connection:
                return not connection.execute(text(_WAITING)).scalar_one()

        wait_until(is_empty, "every message was taken", pause=0.002)
        engine.dispose()
        return mine

    with owner.begin() as connection:
        connection.execute(text(_PUT), {"chats": CHATS})
    with ThreadPoolExecutor(3) as dispatchers:
        taken = list(dispatchers.map(dispatch, range(3)))
    assert sorted(number for mine in taken for number in mine) == list(range(1, CHATS + 1))
    assert sum(bool(mine) for mine in taken) > 1, "they took turns"
    with owner.connect() as connection:
        times = connection.execute(text(_TAKEN)).scalars().all()
    assert all(later - first > 0.9 for first, later in zip(times, times[30:], strict=False)), times
