"""Nobody sends what people wait for: those who still run say so."""

import json

from sqlalchemy import text

from tests.processes import wait_until
from tests.world import World

_WAITS = """
    INSERT INTO outbox (channel, address, kind, body, created_at)
    VALUES ('telegram', '4711', 'text', '{"text": "hello"}', now() - interval '10 minutes')"""


def test_a_dispatcher_that_is_silent_is_told_of_by_the_consumer_and_by_status(world: World) -> None:
    assert json.loads(world.run("status", "--json").stdout)["outbox"]["overdue"] == 0
    with world.owner.begin() as connection:
        connection.execute(text(_WAITS))
    consumer = world.start("consumer", LOG_FORMAT="json")
    wait_until(lambda: consumer.said("nobody tried to send it"), "the consumer says so")
    (line,) = [line for line in consumer.tail(1000).splitlines() if "nobody tried to send it" in line]
    assert json.loads(line)["level"] == "error"
    assert json.loads(world.run("status", "--json").stdout)["outbox"]["overdue"] == 1
    assert "messages to people wait: 1 for too long, the oldest for 10 minutes" in world.run("status").stdout
