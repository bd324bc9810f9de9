"""The main loop over a store in memory: what is written, retried, dropped and given back."""

import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest

from consumer.handover import Assigned, Ended, Handover, Item, Revoked, Work
from consumer.loop import Loop
from consumer.models import ModelKeeper
from core.batch import Batch
from core.errors import Halted
from core.incident import Opened
from core.machine import Machine
from core.ports import LogBounds, Model, TopicPartition
from core.prediction import ModelVersion
from tests.builders import HotIsFaulty, a_batch, a_machine
from tests.fake_reading_store import FakeReadingStore

PRESS = a_machine(topics=("readings.press", "readings.more.press"))
HERE = TopicPartition("readings.press", 0)


class ScriptedSource:
    """Plays the fetching thread: all items are handed over as soon as the first model serves."""

    def __init__(self, handover: Handover) -> None:
        self.handover = handover
        self.items: list[Item] = []
        self.told: dict[TopicPartition, int] = {}

    def start(self) -> None:
        pass

    def read(self, machine: Machine) -> None:
        assert machine == PRESS
        for item in [*self.items, Ended()]:
            self.handover.put(item)

    def stored(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.told.update(offsets)

    def stop(self) -> None:
        pass


class OneModel:
    """Source of models and promotion log in one: version 1 is champion."""

    def champion(self, machine: str) -> ModelVersion:
        return ModelVersion(machine, 1)

    def record_load(self, machine: str, version: ModelVersion, outcome: str, reason: str = "") -> None:
        assert (machine, version.number, outcome, reason) == ("press", 1, "loaded", "")

    def load(self, machine: Machine, version: ModelVersion) -> Model:
        return HotIsFaulty(version.number, machine.name)

    def last_good(self, machine: Machine) -> None:
        raise AssertionError(f"{machine.name} has a champion")

    def wait(self, seconds: float) -> bool:
        return threading.Event().wait(min(seconds, 0.01))


class Stage:
    """A loop over fakes."""

    def __init__(self) -> None:
        self.store = FakeReadingStore()
        self.handover = Handover()
        self.source = ScriptedSource(self.handover)
        self.stopping = threading.Event()
        one = OneModel()
        models = ModelKeeper([PRESS], one, one, one)
        self.loop = Loop({"press": PRESS}, self.store, models, self.source, self.handover, self.stopping)

    def assign(self) -> None:
        claims = self.store.acquire("press", {HERE: LogBounds("id", 0, 1000)}).claims
        self.source.items.append(Assigned(self.handover.generation, "press", claims))

    def work(self, batch: Batch) -> None:
        self.source.items.append(Work(self.handover.generation, [batch]))

    def play(self) -> None:
        self.loop.run()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_is_read_is_scored_stored_and_told_to_kafka(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.work(a_batch(2, first_offset=3))
    stage.play()
    assert sorted(offset for _, offset in stage.store.tables.ids) == [0, 1, 2, 3, 4]
    assert set(stage.store.tables.versions.values()) == {1}
    assert stage.source.told == {HERE: 5}


def test_an_incident_grows_across_batches(stage: Stage) -> None:
    stage.assign()
    for offset in range(4):
        stage.work(a_batch(1, first_offset=offset, sensors=[[99.0, 3.0]]))
    stage.play()
    (event,) = stage.store.tables.events
    assert isinstance(event, Opened)


def test_a_device_that_speaks_in_two_topics_has_one_state(stage: Stage) -> None:
    other = TopicPartition("readings.more.press", 0)
    bounds = LogBounds("id", 0, 1000)
    claims = stage.store.acquire("press", {HERE: bounds, other: bounds}).claims
    stage.source.items.append(Assigned(stage.handover.generation, "press", claims))
    hot = a_batch(1, sensors=[[99.0, 3.0]])
    stage.source.items.append(Work(stage.handover.generation, [hot, replace(hot, topic=other.topic)]))
    stage.play()
    (event,) = stage.store.tables.events
    assert isinstance(event, Opened), "two faults of the last three, one in each topic"


def test_while_the_database_is_away_nothing_is_lost(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.store.away = 2
    stage.play()
    assert len(stage.store.tables.ids) == 3


def test_a_zombie_writes_nothing_and_asks_the_group_again(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.work(a_batch(3, first_offset=3))
    stage.store.acquire("press", {HERE: LogBounds("id", 0, 1000)})  # somebody else takes over
    stage.play()
    assert stage.store.tables.ids == {}
    assert stage.handover.rejoin.is_set()


def test_what_a_lost_membership_read_is_dropped(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.handover.new_generation()
    stage.play()
    assert stage.store.tables.ids == {}


def test_a_revoked_partition_is_given_back_only_after_its_readings_are_stored(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    revoked = Revoked(0, [HERE])
    stage.source.items.append(revoked)
    stage.work(a_batch(3, first_offset=3))
    stage.play()
    assert revoked.written.is_set()
    assert len(stage.store.tables.ids) == 3, "what came after the revocation is not ours"


def test_what_ended_the_fetching_thread_ends_the_loop(stage: Stage) -> None:
    stage.source.items.append(Ended(Halted("topic id changed")))
    with pytest.raises(Halted, match="topic id changed"):
        stage.play()


def test_told_to_stop_while_the_database_is_away_it_leaves_the_offset_where_it_was(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.store.away = 1_000_000
    stage.stopping.set()
    stage.play()
    assert stage.store.tables.ledgers[HERE].next_offset == 0
