"""A topic that was deleted and made anew is noticed, without waiting for Kafka."""

from collections.abc import Mapping
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from consumer.topic_watch import TopicWatch
from core.ports.stream import LogBounds, TopicPartition

HERE = TopicPartition("readings.press", 0)


class Kafka:
    """Describes one topic, with the answer that the test gives."""

    def __init__(self) -> None:
        self.answers: list[Future[Any]] = []

    def describe_topics(self, topics: TopicCollection, request_timeout: float) -> Mapping[str, Future[Any]]:
        assert request_timeout > 0
        self.answers.append(Future())
        return {HERE.topic: self.answers[-1]}

    def says(self, topic_id: str) -> None:
        self.answers[-1].set_result(SimpleNamespace(topic_id=topic_id))


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    monkeypatch.setattr("consumer.topic_watch._LOOK_S", 0.0)
    return Kafka()


@pytest.fixture
def watch(kafka: Kafka) -> TopicWatch:
    made = TopicWatch(cast(AdminClient, kafka))
    made.began({HERE: LogBounds("a", 0, 10)})
    assert not made.is_any_remade(), "Kafka was not asked before"
    return made


def test_the_same_id_is_the_same_topic(kafka: Kafka, watch: TopicWatch) -> None:
    kafka.says("a")
    assert not watch.is_any_remade()


def test_another_id_is_another_topic(kafka: Kafka, watch: TopicWatch) -> None:
    kafka.says("b")
    assert watch.is_any_remade()


def test_an_answer_that_does_not_come_is_not_waited_for_nor_asked_for_twice(kafka: Kafka, watch: TopicWatch) -> None:
    assert not watch.is_any_remade()
    assert len(kafka.answers) == 1


def test_a_topic_that_is_away_or_a_kafka_that_fails_says_nothing(kafka: Kafka, watch: TopicWatch) -> None:
    kafka.answers[-1].set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
    assert not watch.is_any_remade()
    kafka.says("b")
    assert watch.is_any_remade(), "it was asked again"


def test_an_answer_from_before_a_take_over_says_nothing_about_it(kafka: Kafka, watch: TopicWatch) -> None:
    kafka.says("a")
    watch.began({HERE: LogBounds("b", 0, 10)})
    assert not watch.is_any_remade()


def test_a_topic_that_is_not_ours_any_more_is_not_watched(kafka: Kafka, watch: TopicWatch) -> None:
    kafka.says("b")
    watch.keep([])
    assert not watch.is_any_remade()
