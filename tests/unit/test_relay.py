"""Copies of dead letters are made beside the main loop, one process at a time, and wait while a server is away."""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import pytest

from app.relay import Relay
from core.dead_letter import KeptLetter
from core.errors import Unavailable
from producer.dead_topics import headers_of
from tests.builders import a_letter
from tests.processes import PATIENCE_S


class Both:
    """The table and Kafka in one."""

    def __init__(self, *letters: KeptLetter) -> None:
        self.kept = list(letters)
        self.copied: list[KeptLetter] = []
        self.alone_here = True
        self.refused: Collection[str] = ()
        self.failures: list[Exception] = []
        self.looks = 0
        self.done = threading.Event()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        yield self.alone_here

    def waiting(self, without: Collection[str]) -> Sequence[KeptLetter]:
        return [letter for letter in self.kept if letter.topic not in without]

    def relayed(self, letters: Sequence[KeptLetter]) -> None:
        self.kept = [letter for letter in self.kept if letter not in letters]
        if not self.kept:
            self.done.set()

    def copy(self, letters: Sequence[KeptLetter]) -> Sequence[KeptLetter]:
        if self.failures:
            raise self.failures.pop(0)
        arrived = [letter for letter in letters if letter.topic not in self.refused]
        self.copied += arrived
        return arrived

    def try_again(self) -> None:
        self.looks += 1


def test_what_waits_is_copied_and_marked() -> None:
    both = Both(a_letter(0), a_letter(1))
    relay = Relay(both, both, threading.Event())
    assert [relay.turn(), relay.turn()] == [2, 0]
    assert [letter.offset for letter in both.copied] == [0, 1]


def test_another_process_that_copies_leaves_nothing_to_do() -> None:
    both = Both(a_letter())
    both.alone_here = False
    assert Relay(both, both, threading.Event()).turn() == 0
    assert both.copied == []


def test_a_topic_that_cannot_be_created_holds_nobody_up_and_is_looked_for_again_now_and_then() -> None:
    both, now = Both(a_letter(0, "closed"), a_letter(1)), [1000.0]
    both.refused = ["closed"]
    relay = Relay(both, both, threading.Event(), lambda: now[0])
    for expected in (1, 1, 2):
        relay.turn()
        assert both.looks == expected
        now[0] += 40
    assert [letter.topic for letter in both.copied] == ["t"]
    both.refused = ()
    assert relay.turn() == 1


@pytest.mark.parametrize("failure", [Unavailable("Kafka is away"), ZeroDivisionError()])
def test_a_failure_ends_nothing_and_what_waited_is_copied_later(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.relay._TROUBLE_S", 0.01)
    monkeypatch.setattr("app.relay._AGAIN_S", 0.01)
    both, stopping = Both(a_letter()), threading.Event()
    both.failures = [failure, failure]
    relay = Relay(both, both, stopping)
    relay.start()
    assert both.done.wait(PATIENCE_S)
    stopping.set()
    relay.join(PATIENCE_S)
    assert [letter.offset for letter in both.copied] == [0]


def test_a_copy_says_where_and_why_with_the_names_of_kafka_connect() -> None:
    assert headers_of(a_letter(7), b"bad") == [
        ("truth", b"normal"),
        ("__connect.errors.topic", "t"),
        ("__connect.errors.partition", "2"),
        ("__connect.errors.offset", "7"),
        ("__connect.errors.connector.name", "faultline"),
        ("__connect.errors.stage", "decode"),
        ("__connect.errors.exception.class.name", "InvalidReading"),
        ("__connect.errors.exception.message", "no JSON"),
    ]


def test_a_copy_of_a_part_says_how_large_the_whole_was_and_its_hash() -> None:
    headers = dict(headers_of(a_letter(value=b"bad"), b"b"))
    assert headers["faultline.value.size"] == "3"
    assert str(headers["faultline.value.sha256"]).startswith("2f05d4b689d270ca")
