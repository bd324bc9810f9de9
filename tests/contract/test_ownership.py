"""Consumers that take partitions from each other, die, freeze and try again, on the store in memory and on Postgres.

After each step what is stored equals what one consumer that nothing ever happens to makes of the same part of the log:
every position is accounted for (I1) and stored once (I2); flags, incidents and device states are the same (I3, I4).
"""

import itertools
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from consumer.decode import Decoder
from consumer.duplicates import WINDOW, RecentIds
from consumer.fetched import Fetched
from consumer.handover import AHEAD, Assigned, Ended, Handover, Work
from core.batch import to_micros
from core.dead_letter_limit import DeadLetterLimit
from core.incident_policy import SensorFaultPolicy
from core.machine import Machine
from core.ports.stream import LogBounds, ReadingStore, TopicPartition
from core.sensor import Sensor
from db.engine import connect
from db.reading_store import PostgresReadingStore
from db.reading_transaction import PostgresReadingTransaction
from tests.builders import NOON, a_machine, a_reading, encoded
from tests.fake_reading_store import FakeReadingStore
from tests.processes import PATIENCE_S
from tests.scripted_loop import PlayedSource, a_loop
from tests.stored import Stored, in_memory, in_postgres

Message = tuple[int, bytes | None]
"""Its offset and its value."""


class Log:
    """Two partitions as Kafka holds them: with holes, and with the same reading more than once."""

    def __init__(self) -> None:
        self.messages: dict[int, list[Message]] = {0: [], 1: []}
        self.ends = {0: 0, 1: 0}

    def append(self, partition: int, value: bytes | None) -> None:
        self.messages[partition].append((self.ends[partition], value))
        self.ends[partition] += 1

    def read(self, partition: int, start: int, count: int) -> list[Message]:
        return [message for message in self.messages[partition] if message[0] >= start][:count]


class Process:
    """A consumer: the real decoder and main loop; the test plays Kafka and the group."""

    def __init__(self, machine: Machine, store: ReadingStore, log: Log) -> None:
        self._machine = machine
        self._store = store
        self._log = log
        self._decoder = Decoder(machine)
        self._handover = Handover()
        self._expected: dict[TopicPartition, int] = {}
        self._recent: dict[TopicPartition, RecentIds] = {}
        self._errors: list[BaseException] = []
        source = PlayedSource(self._handover)
        loop = a_loop(machine, store, self._handover, source, threading.Event())
        self._thread = threading.Thread(target=self._run, args=(loop.run,), daemon=True)
        self._thread.start()
        assert source.ready.wait(PATIENCE_S)

    def take_over(self, numbers: Sequence[int]) -> None:
        """The group gives us these partitions, whoever has them now."""
        named = [TopicPartition(self._machine.topics[0], number) for number in numbers]
        bounds = {partition: LogBounds("id", 0, self._log.ends[partition.partition]) for partition in named}
        claims = self._store.acquire(self._machine.name, bounds).claims
        recent = {claim.partition: self._store.recent(claim.partition, WINDOW) for claim in claims}
        for claim in claims:
            self._expected[claim.partition] = claim.next_offset
            self._recent[claim.partition] = RecentIds(recent[claim.partition].ids)
        self._handover.put(Assigned(self._handover.generation, self._machine.name, claims, recent))

    def read(self, count: int, *, twice: bool = False) -> None:
        """Read on in every partition that we believe to be ours, and store it in one transaction.

        A process that has none is given all by the group. `twice`: what was read is handed over again, as no fetching
        thread should.
        """
        if not self._expected:
            self.take_over((0, 1))
        partitions, messages = [], []
        for partition, expected in sorted(self._expected.items()):
            found = self._log.read(partition.partition, expected, count)
            partitions += [partition.partition] * len(found)
            messages += found
        if not messages:
            return
        fetched = Fetched(
            self._machine.topics[0],
            np.array(partitions),
            np.array([offset for offset, _ in messages]),
            [b""] * len(messages),
            [value for _, value in messages],
            lambda _: (),
            np.full(len(messages), to_micros(NOON) // 1000),
        )
        batch = self._decoder.decode(fetched, self._expected, self._recent)
        self._expected.update({TopicPartition(batch.topic, run.partition): run.next_offset for run in batch.runs})
        for _ in range(1 + twice):
            assert self._handover.may_fetch(PATIENCE_S)
            self._handover.put(Work(self._handover.generation, [batch]))
        self._settle()

    def die(self) -> None:
        """What it was about to write is lost with it."""
        self._handover.new_generation()
        self._handover.put(Ended())
        self._thread.join(PATIENCE_S)
        self.check()

    def check(self) -> None:
        """Raises what went wrong in its loop."""
        if self._errors:
            raise self._errors[0]

    def _settle(self) -> None:
        """Wait until all is written or dropped; one that was fenced asks the group again and has nothing till then."""
        for _ in range(AHEAD):
            assert self._handover.may_fetch(PATIENCE_S), "the loop is dead or hangs"
        for _ in range(AHEAD):
            self._handover.slot_free()
        if self._handover.rejoin.is_set():
            self._handover.rejoin.clear()
            self._handover.new_generation()
            self._expected.clear()
            self._recent.clear()

    def _run(self, run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001  # `check` raises it in the test's thread
            self._errors.append(error)


# Alike readings: hot, normal or impossible; in time, late or from the future; and many of them are stuck.
readings = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1]),
        st.sampled_from([0, 0, 0, 1]),
        st.sampled_from([95.0, 95.0, 95.0, 96.0, 60.0, 500.0]),
        st.sampled_from([0, 0, 0, 1, -4000, 900]),
    ),
    max_size=12,
)
PROCESS = st.sampled_from([0, 0, 1])


class Ownership(RuleBasedStateMachine):
    """Two processes, one store that may fail them, and a log that grows."""

    def __init__(self, machine: Machine, store: "FlakyStore | FakeReadingStore", stored: Callable[[], Stored]) -> None:
        super().__init__()
        self._machine = machine
        self._store = store
        self._stored = stored
        self._log = Log()
        self._numbers = itertools.count(1)
        self._processes = [self._process() for _ in range(2)]
        self._clean = Stored()

    def _process(self) -> Process:
        return Process(self._machine, self._store, self._log)

    @rule(readings=readings, process=PROCESS, counts=st.lists(st.integers(1, 4), max_size=6))
    def publish_and_read_little_by_little(
        self, readings: Sequence[tuple[int, int, float, int]], process: int, counts: Sequence[int]
    ) -> None:
        for partition, device, celsius, second in readings:
            reading_id = str(uuid.UUID(int=next(self._numbers)))
            time = NOON + timedelta(seconds=second)
            reading = a_reading(f"press-{partition}-{device}", time, reading_id, temperature=celsius)
            self._log.append(partition, encoded(reading))
        for count in counts:
            self._processes[process].read(count)

    @rule(partition=st.sampled_from([0, 1]), value=st.sampled_from([None, b"", b"[]", b'{"id":1}']))
    def publish_what_is_no_reading(self, partition: int, value: bytes | None) -> None:
        self._log.append(partition, value)

    @rule(partition=st.sampled_from([0, 1]), back=st.integers(1, 5))
    def publish_one_again(self, partition: int, back: int) -> None:
        if len(self._log.messages[partition]) >= back:
            self._log.append(partition, self._log.messages[partition][-back][1])

    @rule(partition=st.sampled_from([0, 1]), count=st.integers(1, 3))
    def leave_a_hole(self, partition: int, count: int) -> None:
        self._log.ends[partition] += count

    @rule(process=PROCESS, partitions=st.sampled_from([(0,), (1,), (0, 1)]))
    def take_over(self, process: int, partitions: Sequence[int]) -> None:
        self._processes[process].take_over(partitions)

    @rule(process=PROCESS, count=st.integers(1, 10))
    def read(self, process: int, count: int) -> None:
        self._processes[process].read(count)

    @rule(process=PROCESS, count=st.integers(1, 10))
    def read_and_hand_over_twice(self, process: int, count: int) -> None:
        self._processes[process].read(count, twice=True)

    @rule(process=PROCESS, count=st.integers(1, 10), committed=st.booleans())
    def read_while_the_answer_to_commit_is_lost(self, process: int, count: int, committed: bool) -> None:
        self._store.lose_answer(committed=committed)
        self._processes[process].read(count)
        self._store.answer()

    @rule(process=PROCESS)
    def die(self, process: int) -> None:
        self._processes[process].die()
        self._processes[process] = self._process()

    @invariant()
    def what_is_stored_is_what_a_clean_run_stores(self) -> None:
        for process in self._processes:
            process.check()
        stored = self._stored()
        for partition, ledger in stored.ledgers.items():
            assert ledger.accounted == ledger.next_offset, f"I1 in partition {partition}"
        if stored.ledgers != self._clean.ledgers:
            self._clean = self._clean_run({partition: at.next_offset for partition, at in stored.ledgers.items()})
        assert stored == self._clean

    def _clean_run(self, ends: dict[int, int]) -> Stored:
        log = Log()
        log.ends = {0: 0, 1: 0, **ends}
        log.messages = {
            partition: [message for message in self._log.messages[partition] if message[0] < log.ends[partition]]
            for partition in (0, 1)
        }
        store = FakeReadingStore()
        process = Process(self._machine, store, log)
        process.take_over(sorted(ends))
        process.read(1_000_000)
        process.die()
        return in_memory(store)

    def teardown(self) -> None:
        for process in self._processes:
            process.die()


class FlakyStore(PostgresReadingStore):
    """The real store, whose next COMMIT may get no answer: with or without having been done."""

    _lost: bool | None = None

    def lose_answer(self, *, committed: bool) -> None:
        self._lost = committed

    def answer(self) -> None:
        self._lost = None

    def _commit(self, connection: Connection, transaction: PostgresReadingTransaction) -> None:
        committed, self._lost = self._lost, None
        super()._commit(connection if committed is None else Unanswered(connection, committed), transaction)  # type: ignore[arg-type]  # it is only committed


class Unanswered:
    """A connection that breaks in its COMMIT."""

    def __init__(self, connection: Connection, committed: bool) -> None:
        self._connection = connection
        self._committed = committed

    def commit(self) -> None:
        if self._committed:
            self._connection.commit()
        else:
            self._connection.rollback()
        raise OperationalError("COMMIT", None, Exception("server closed the connection unexpectedly"))


def a_press(name: str) -> Machine:
    """Any key will do, two hot or doubtful readings of three open an incident, and no dead letter is one too many."""
    temperature = Sensor("temperature", (50, 80), minimum=-50, maximum=400, stuck_after=3)
    two_of_three, none = SensorFaultPolicy(open_after=2, of_last=3, close_after=2), DeadLetterLimit(0, 0.0)
    return a_machine(
        name, key="any", sensors=(temperature,), late_after=3600, sensor_faults=two_of_three, dead_letters=none
    )


def test_on_the_store_in_memory() -> None:
    def machine() -> Ownership:
        store = FakeReadingStore()
        return Ownership(a_press("press"), store, lambda: in_memory(store))

    _run(machine, settings(max_examples=60, stateful_step_count=40))


def test_on_postgres(database_url: str, owner: Engine) -> None:
    numbers = itertools.count(1)

    def machine() -> Ownership:
        press = a_press(f"press_{next(numbers)}")
        store = FlakyStore(engine, "test", lambda: NOON)
        store.register(press)
        return Ownership(press, store, lambda: in_postgres(owner, press.topics[0]))

    engine = connect(database_url, "consumer")
    try:
        _run(machine, settings(max_examples=8, stateful_step_count=25))
    finally:
        engine.dispose()


def _run(machine: Callable[[], Ownership], limits: settings) -> None:
    # Not shrunk: an example takes half a second, and shrinking it many minutes.
    limits = settings(limits, phases=[Phase.generate])
    run_state_machine_as_test(cast(Any, machine), settings=limits)  # any maker of one will do
