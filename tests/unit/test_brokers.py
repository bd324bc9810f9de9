"""A consumer knows when Kafka is away as a whole."""

import json

import pytest

from consumer.brokers import Brokers
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def brokers(clock: Clock) -> Brokers:
    return Brokers(clock)


def said(*states: str) -> str:
    return json.dumps({"name": "rdkafka#consumer-1", "brokers": {str(n): {"state": s} for n, s in enumerate(states)}})


def test_nothing_is_wrong_before_the_client_has_said_anything(brokers: Brokers, clock: Clock) -> None:
    clock.now += 100
    assert not brokers.trouble()


def test_kafka_is_away_once_no_broker_has_been_connected_for_ten_seconds(brokers: Brokers, clock: Clock) -> None:
    brokers.look(said("UP", "DOWN"))
    brokers.look(said("DOWN", "TRY_CONNECT"))
    clock.now += 10
    brokers.look(said("CONNECT", "INIT"))
    assert not brokers.trouble(), "a restart"
    clock.now += 1
    assert brokers.trouble() == "Kafka has not answered for 11 s"


def test_one_broker_that_is_connected_is_enough(brokers: Brokers, clock: Clock) -> None:
    brokers.look(said("DOWN", "DOWN"))
    clock.now += 60
    assert brokers.trouble()
    brokers.look(said("DOWN", "UP"))
    assert not brokers.trouble()
    brokers.look(said("DOWN", "DOWN"))
    assert not brokers.trouble(), "counted anew"
