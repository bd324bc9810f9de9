"""The main loop over a store in memory: what is written, retried, dropped and given back."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from app.telemetry.consumer import ConsumerMeter
from consumer.handover import Assigned, Ended, Handover, Item, Revoked, Work
from consumer.loop import Loop
from consumer.models import ModelKeeper
from consumer.peek import Whole
from consumer.scoring import Scorer
from core.batch import Batch, DeadLetter, Floats, PartitionRun, Position
from core.errors import Fenced, Unavailable
from core.incident import Opened
from core.machine import Machine
from core.ports.models import Model
from core.ports.stream import Claim, KnownDevice, LogBounds, ReadingTransaction, TopicPartition
from core.prediction import ModelVersion, Predictions
from core.sensor import Rolling, Sensor
from tests.builders import HotIsFaulty, a_batch, a_machine
from tests.fake_reading_store import FakeReadingStore
from tests.processes import PATIENCE_S

PRESS = a_machine(topics=("readings.press", "readings.more.press"))
HERE = TopicPartition("readings.press", 0)


class ScriptedSource:
    """Plays the fetching thread: all items are handed over as soon as the first model serves."""

    def __init__(self, handover: Handover, machine: Machine) -> None:
        self.handover = handover
        self.machine = machine
        self.items: list[Item] = []
        self.after_rejoin: list[Item] = []
        """Handed over once the group was asked again."""
        self.told: dict[TopicPartition, int] = {}
        self.left: list[str] = []

    def start(self) -> None:
        pass

    def read(self, machine: Machine) -> None:
        assert machine == self.machine
        for item in self.items:
            self.handover.put(item)
        if self.after_rejoin:
            threading.Thread(target=self._join_again).start()
        else:
            self.handover.put(Ended())

    def _join_again(self) -> None:
        self.handover.rejoin.wait(PATIENCE_S)
        self.handover.new_generation()
        for item in [*self.after_rejoin, Ended()]:
            self.handover.put(item)

    def leave(self, machine: str) -> None:
        self.left.append(machine)

    def stored(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.told.update(offsets)

    def stop(self) -> None:
        pass


class OneModel:
    """Source of models and promotion log in one: version 1 is champion."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.model: Model = HotIsFaulty()
        self.outcomes: list[str] = []

    def champion(self, machine: str) -> ModelVersion:
        return ModelVersion(machine, 1)

    def record_load(self, machine: str, version: ModelVersion, outcome: str, reason: str = "") -> None:
        assert (machine, version.number) == ("press", 1)
        self.outcomes.append(outcome)

    def withdrawn(self, version: ModelVersion) -> None:
        assert version.number == 1

    def load(self, machine: Machine, version: ModelVersion) -> Model:
        assert (version.number, machine) == (1, self.machine)
        return self.model

    def last_good(self, machine: Machine) -> None:
        raise AssertionError(f"{machine.name} has a champion")

    def wait(self, seconds: float) -> bool:
        return threading.Event().wait(min(seconds, 0.01))


class Stage:
    """A loop over fakes."""

    def __init__(self, machine: Machine = PRESS) -> None:
        self.store = FakeReadingStore()
        self.handover = Handover()
        self.source = ScriptedSource(self.handover, machine)
        self.stopping = threading.Event()
        self.models = OneModel(machine)
        self.beats = 0
        keeper = ModelKeeper([machine], self.models, self.models, self.models, 60)
        scorer = Scorer(
            lambda positions: [Whole(b"key", b"value", ()) for _ in positions], lambda _: nullcontext(), lambda *_: None
        )
        self.registry = CollectorRegistry()
        meter = ConsumerMeter(self.registry, ["press"])
        self.loop = Loop(
            {"press": machine},
            self.store,
            keeper,
            self.source,
            self.handover,
            self.stopping,
            scorer,
            self.beat,
            meter=meter,
        )

    def beat(self) -> None:
        self.beats += 1

    def counted(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"faultline_{name}", labels)

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


def test_the_next_work_is_scored_while_this_one_is_being_stored(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    second = threading.Event()

    class Telling(HotIsFaulty):
        def predict(self, sensors: Floats) -> Predictions:
            if len(sensors) == 2:
                second.set()
            return super().predict(sensors)

    @contextmanager
    def slow(claims: Sequence[Claim]) -> Iterator[ReadingTransaction]:
        assert second.wait(PATIENCE_S), "scored before the first is committed"
        with begin(claims) as transaction:
            yield transaction

    begin = stage.store.begin
    monkeypatch.setattr(stage.store, "begin", slow)
    stage.models.model = Telling()
    stage.assign()
    stage.work(a_batch(3))
    stage.work(a_batch(2, first_offset=3))
    stage.play()
    assert stage.source.told == {HERE: 5}


def test_the_next_work_is_concluded_while_this_one_is_being_stored(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = threading.Event()

    def devices(machine: str, names: Sequence[str]) -> Mapping[str, KnownDevice]:
        if "press-2" in names:
            looked_up.set()
        return known(machine, names)

    @contextmanager
    def slow(claims: Sequence[Claim]) -> Iterator[ReadingTransaction]:
        assert looked_up.wait(PATIENCE_S), "the second work's device was looked up before the first is committed"
        with begin(claims) as transaction:
            yield transaction

    begin, known = stage.store.begin, stage.store.devices
    monkeypatch.setattr(stage.store, "begin", slow)
    monkeypatch.setattr(stage.store, "devices", devices)
    stage.assign()
    stage.work(a_batch(3))
    stage.work(a_batch(1, first_offset=3, devices=["press-2"]))
    stage.play()
    assert stage.source.told == {HERE: 4}


def test_what_was_concluded_from_a_work_that_was_not_stored_is_void(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = 1

    @contextmanager
    def fencing(claims: Sequence[Claim]) -> Iterator[ReadingTransaction]:
        nonlocal refused
        if refused:
            refused -= 1
            raise Fenced("somebody else was here")
        with begin(claims) as transaction:
            yield transaction

    begin = stage.store.begin
    monkeypatch.setattr(stage.store, "begin", fencing)
    hot = [[99.0, 3.0]]
    stage.assign()
    stage.work(a_batch(1, sensors=hot))
    stage.work(a_batch(1, first_offset=1, sensors=hot))
    claims = stage.store.acquire("press", {HERE: LogBounds("id", 0, 1000)}).claims
    stage.source.after_rejoin = [Assigned(1, "press", claims), Work(1, [a_batch(1, sensors=hot)])]
    stage.play()
    assert list(stage.store.tables.readings) == [(HERE, 0)], "the second work rested on the first"
    assert stage.store.tables.events == [], "one fault and not two or three"


def test_what_is_read_is_scored_stored_and_told_to_kafka(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.work(a_batch(2, first_offset=3))
    stage.play()
    assert sorted(offset for _, offset in stage.store.tables.readings) == [0, 1, 2, 3, 4]
    assert {reading.version for reading in stage.store.tables.readings.values()} == {1}
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
    assert len(stage.store.tables.readings) == 3


def test_a_zombie_writes_nothing_and_asks_the_group_again(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.work(a_batch(3, first_offset=3))
    stage.store.acquire("press", {HERE: LogBounds("id", 0, 1000)})  # somebody else takes over
    stage.play()
    assert stage.store.tables.readings == {}
    assert stage.handover.rejoin.is_set()
    assert (stage.counted("fencings_total"), stage.counted("readings_total", machine="press")) == (1, 0)


def test_what_a_lost_membership_read_is_dropped(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.handover.new_generation()
    stage.play()
    assert stage.store.tables.readings == {}


def test_a_revoked_partition_is_given_back_only_after_its_readings_are_stored(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    revoked = Revoked(0, [HERE])
    stage.source.items.append(revoked)
    stage.work(a_batch(3, first_offset=3))
    stage.play()
    assert revoked.written.is_set()
    assert len(stage.store.tables.readings) == 3, "what came after the revocation is not ours"


def test_what_ended_the_fetching_thread_ends_the_loop(stage: Stage) -> None:
    stage.source.items.append(Ended(Unavailable("Kafka: no broker answers")))
    with pytest.raises(Unavailable, match="no broker answers"):
        stage.play()


def test_told_to_stop_while_the_database_is_away_it_leaves_the_offset_where_it_was(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.store.away = 1_000_000
    stage.stopping.set()
    stage.play()
    assert stage.store.tables.ledgers[HERE].next_offset == 0


class Fragile(HotIsFaulty):
    """Crashes on a batch that holds a reading of 13 °C, or on everything."""

    def __init__(self, broken: bool = False) -> None:
        super().__init__()
        self._broken = broken

    def predict(self, sensors: Floats) -> Predictions:
        if self._broken or (sensors[:, 0] == 13).any():
            raise ZeroDivisionError
        return super().predict(sensors)


def test_a_reading_that_crashes_the_model_is_a_dead_letter_and_the_rest_is_stored_with_it(stage: Stage) -> None:
    stage.models.model = Fragile()
    stage.assign()
    stage.work(a_batch(3, sensors=[[70.0, 3.0], [13.0, 3.0], [70.0, 3.0]]))
    stage.play()
    assert sorted(offset for _, offset in stage.store.tables.readings) == [0, 2]
    (letter,) = stage.store.tables.dead
    assert (letter.position.offset, letter.stage, letter.value) == (1, "score", b"value")
    assert stage.source.told == {HERE: 3}


def test_a_model_that_cannot_score_is_withdrawn_and_its_readings_wait_in_kafka(stage: Stage) -> None:
    stage.models.model = Fragile(broken=True)
    stage.assign()
    stage.work(a_batch(3))
    stage.work(a_batch(3, first_offset=3))
    stage.play()
    assert (stage.store.tables.readings, stage.store.tables.dead) == ({}, [])
    assert stage.store.tables.ledgers[HERE].next_offset == 0
    assert stage.source.left == ["press"]
    assert stage.handover.rejoin.is_set(), "other machines go on from where the database says"
    assert stage.models.outcomes == ["loaded", "withdrawn"]


def test_what_was_stored_is_counted_and_each_stage_is_timed_once_a_batch(stage: Stage) -> None:
    tombstone = DeadLetter(Position("readings.press", 0, 5), "decode", "tombstone", None, None, ())
    batch = a_batch(3, sensors=[[95.0, 3.0], [70.0, 3.0], [70.0, 3.0]])
    batch.quality[2] = 1
    run = replace(batch.runs[0], next_offset=9, gaps=[(6, 2)], dead=1, duplicates=4)
    stage.assign()
    stage.work(replace(batch, runs=[run], dead_letters=[tombstone]))
    stage.play()
    names = ("readings", "faults", "doubtful_readings", "duplicates", "gap_offsets")
    assert [stage.counted(f"{name}_total", machine="press") for name in names] == [3, 1, 1, 4, 2]
    assert stage.counted("dead_letters_total", machine="press", reason="tombstone") == 1
    assert [stage.counted("stage_seconds_count", stage=name) for name in ("score", "conclude", "store")] == [1, 1, 1]
    assert stage.counted("fencings_total") == 0


def test_a_loop_that_waits_for_the_database_shows_that_it_lives(stage: Stage) -> None:
    stage.assign()
    stage.work(a_batch(3))
    stage.store.away = 3
    stage.play()
    assert stage.beats >= 3 + 4, "once a turn and once a try"


def test_a_halt_stores_what_came_before_it_and_nothing_behind_it(stage: Stage) -> None:
    stage.assign()
    stage.work(a_poisoned_batch(300))
    stage.work(a_batch(3, first_offset=300))
    stage.play()
    ledger = stage.store.tables.ledgers[HERE]
    assert ledger.halt is not None
    assert ledger.next_offset == PRESS.dead_letters.run
    assert len(stage.store.tables.dead) == PRESS.dead_letters.run
    assert stage.store.tables.readings == {}
    assert stage.source.told == {HERE: PRESS.dead_letters.run}
    assert stage.handover.rejoin.is_set(), "the group is asked again, and the halted partition is not read then"


def test_rolling_sensors_behind_a_reading_that_cannot_be_scored_are_computed_again() -> None:
    rolled = Sensor("rolled", (50, 80), rolling=Rolling("temperature", "mean", 2))
    stage = Stage(a_machine(sensors=(Sensor("temperature", (50, 80)), rolled)))
    stage.models.model = Fragile()
    stage.assign()
    stage.work(a_batch(4, sensors=[[70.0, 70.0], [13.0, 41.5], [71.0, 42.0], [72.0, 71.5]]))
    stage.work(a_batch(1, first_offset=4, sensors=[[70.0, 71.0]]))
    stage.play()
    assert sorted(offset for _, offset in stage.store.tables.readings) == [0]
    assert [letter.position.offset for letter in stage.store.tables.dead] == [1]
    assert stage.store.tables.ledgers[HERE].next_offset == 2
    assert stage.handover.rejoin.is_set(), "whoever takes the partition over computes them without it"


def a_poisoned_batch(count: int) -> Batch:
    letters = [DeadLetter(Position(*HERE, offset), "decode", "bad", None, b"{", ()) for offset in range(count)]
    return replace(a_batch(0), runs=[PartitionRun(0, slice(0, 0), count, (), count, 0)], dead_letters=letters)
