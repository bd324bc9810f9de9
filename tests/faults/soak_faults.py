"""The faults that a soak mixes. Each breaks something, shows that it broke, mends it, and leaves all running."""

import random
import signal
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from tests.challenger import promote_version_2, version_2
from tests.faults.proxy import Proxy
from tests.faults.rig import Rig, said
from tests.faults.test_commit import A_BATCH, COMMIT
from tests.processes import Running

SESSION = {"KAFKA_SESSION_TIMEOUT_MS": "3000"}


class SoakFaults:
    """Two consumers, a producer, the dispatcher and the trainer, and what may happen to them."""

    def __init__(self, rig: Rig, network: Proxy, dice: random.Random, rate: int) -> None:
        self._rig = rig
        self._network = network
        self._dice = dice
        self._rate = rate
        promote_version_2(rig.world, version_2(rig.world))
        self.consumers = [self._consumer(), self._consumer()]
        self.others = {name: self._up(rig.world.start, name) for name in ("alerts", "trainer")}
        self.producer = self._producer()

    def kinds(self) -> dict[str, Callable[[], None]]:
        """Every fault by name."""
        return {
            "consumer killed": self._kill_consumer,
            "consumer stopped": self._stop_consumer,
            "consumer frozen": self._freeze_consumer,
            "guest consumer": self._guest,
            "producer killed": self._kill_producer,
            "dispatcher killed": lambda: self._kill_other("alerts"),
            "trainer killed": lambda: self._kill_other("trainer"),
            "broker killed": lambda: self._kill_server("kafka"),
            "Postgres killed": lambda: self._kill_server("postgres"),
            "S3 killed": lambda: self._kill_server("object_store"),
            "Postgres connections reset": self._reset,
            "Postgres slow": self._slow,
            "answer to COMMIT lost": lambda: self._cut(self._network.withhold_answer(COMMIT, A_BATCH).answered.wait),
            "COMMIT lost": lambda: self._cut(self._network.lose(COMMIT, A_BATCH).asked.wait),
            "readings locked": self._lock,
            "poison": self._poison,
            "model swapped": self._swap,
        }

    def stop_producing(self) -> None:
        """The last readings are confirmed."""
        assert self.producer.stop() == 0, self.producer.tail()

    def _consumer(self) -> Running:
        return self._up(self._rig.consumer, **SESSION)

    def _up(self, start: Callable[..., Running], *arguments: str, **environment: str) -> Running:
        """A process that has got as far as its main loop: one that cannot reach a server at its start ends."""
        heartbeat = self._rig.world.folder / f"heartbeat-{len(self._rig.world.started)}"
        process = start(*arguments, HEARTBEAT_FILE=str(heartbeat), **environment)
        self._rig.wait_until(heartbeat.exists, f"{process.log.name} works", 90)
        return process

    def _producer(self) -> Running:
        """One that publishes; told to stop before that it would just end, and not by a stop of its own."""
        options = ("--rate", str(self._rate), "--devices", "40", "--seed", str(self._dice.randrange(1000)))
        before = self._published()
        producer = self._rig.world.start("producer", self._rig.world.machine, *options)
        self._rig.wait_until(lambda: self._published() > before, "the producer publishes", 90)
        return producer

    def _published(self) -> int:
        return sum(high for _, high in self._rig.lag().ends().values())

    def _kill_consumer(self) -> None:
        self.consumers.pop(0).kill()
        self.consumers.append(self._consumer())
        self._rig.wait_for_progress()

    def _stop_consumer(self) -> None:
        assert self.consumers.pop(0).stop() == 0
        self.consumers.append(self._consumer())
        self._rig.wait_for_progress()

    def _freeze_consumer(self) -> None:
        frozen, other = self._dice.sample(self.consumers, 2)
        frozen.signal(signal.SIGSTOP)
        try:
            owners = "SELECT bool_and(owner LIKE :other) FROM ingest_partition"
            self._rig.wait_for(owners, "the other one took over", other=f"%:{other.pid}")
        finally:
            frozen.signal(signal.SIGCONT)

    def _guest(self) -> None:
        guest = self._consumer()
        owns = "SELECT bool_or(owner LIKE :guest) FROM ingest_partition"
        self._rig.wait_for(owns, "the guest owns a partition", guest=f"%:{guest.pid}")
        if self._dice.random() < 0.5:
            guest.kill()
        else:
            assert guest.stop() == 0

    def _kill_producer(self) -> None:
        assert self.producer.running
        self.producer.kill()
        self.producer = self._producer()

    def _kill_other(self, name: str) -> None:
        assert self.others[name].running
        self.others[name].kill()
        self.others[name] = self._up(self._rig.world.start, name)

    def _kill_server(self, name: str) -> None:
        server = getattr(self._rig.stack, name)
        before = server.pid
        server.kill()
        assert server.pid is None
        if self._dice.random() < 0.5:
            self._stays_away(name)
        server.restart()
        assert server.pid not in (None, before)
        self._rig.wait_for_progress()

    def _stays_away(self, name: str) -> None:
        words = {"kafka": "Connection refused", "postgres": "trying again in", "object_store": ""}[name]
        consumer = self.consumers[0]
        if words:
            self._rig.wait_until_said(consumer, words, said(consumer, words) + 2)

    def _reset(self) -> None:
        assert self._network.reset() >= 1
        self._rig.wait_for_progress()

    def _slow(self) -> None:
        self._network.delay = 0.05
        self._rig.wait_for_progress()
        self._network.mend()

    def _cut(self, fired: Callable[[float], bool]) -> None:
        assert fired(60), "no batch was committed"
        self._network.reset()
        self._rig.wait_for_progress()

    def _lock(self) -> None:
        with suppress(DBAPIError), self._rig.holding("LOCK TABLE reading IN EXCLUSIVE MODE"):
            waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
            self._rig.wait_for(waiting, "somebody waits for the lock")
            self._rig.wait_until_it_stands_still(2)
        self._rig.wait_for_progress()

    def _poison(self) -> None:
        before = self._rig.world.one("SELECT count(*) FROM dead_letter")
        self._rig.world.publish_raw([(b"pump-1", self._dice.randbytes(50))])
        self._rig.wait_for("SELECT count(*) > :before FROM dead_letter", "dead letter", before=before)

    def _swap(self) -> None:
        champion = self._rig.world.one("SELECT number FROM champion")
        decided = ("--force", "--as", "ann", "--reason", "a soak")
        self._rig.world.run("models", "promote", self._rig.world.machine, str(3 - champion), *decided)
        self._rig.wait_for(_NEWEST_IS_SCORED_BY, "scored by the other version", number=3 - champion)


_NEWEST_IS_SCORED_BY = """
    SELECT EXISTS (SELECT FROM ingest_partition p JOIN reading r ON r.topic = p.topic
                      AND r.kafka_partition = p.kafka_partition AND r.kafka_offset = p.next_offset - 1
                    WHERE r.model_version = :number)"""
