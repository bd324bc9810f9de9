"""A test rig for the chat's side: dispatchers as real processes before a fake Bot API that misbehaves; no Kafka."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from tests.alerts_installation import Installation
from tests.faults.deliveries import (
    assert_each_alert_arrived_or_is_reported_dead,
    assert_one_in_flight_a_chat,
    assert_order_is_kept,
    assert_pace,
)
from tests.faults.proxy import Proxy
from tests.processes import PATIENCE_S, Running, wait_until

_FULLEST = """
    SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM outbox WHERE state IN ('pending', 'sending', 'uncertain')
                                      GROUP BY channel, address) AS waiting"""
_END_LEASES = """
    UPDATE outbox SET lease_until = clock_timestamp() - interval '1 microsecond'
     WHERE state = 'sending' AND lease_owner LIKE '%:' || :pid"""


@dataclass
class ChatRig:
    """Start dispatchers, raise alerts, let the chat misbehave, `survived`."""

    installation: Installation
    proxy: Proxy
    """Between dispatchers and chat."""
    checks: Sequence[str]
    """The invariants that the test's mark names."""

    def waiting(self) -> int:
        """Messages of the fullest chat that still wait."""
        return int(self.installation.world.one(_FULLEST))

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
        """Wait for it: generously, since a busy machine is no fault."""
        try:
            wait_until(condition, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.installation.log()}") from None

    def in_flight(self) -> bool:
        """Whether the chat is answering a call."""
        return any(call.ended is None for call in self.installation.telegram.calls())

    def kill_one(self, dice: random.Random) -> int:
        """Kill a dispatcher in the middle of some send and start another; the leases that it left.

        They end at once: nobody waits a minute for what the database's clock would say then.
        """
        self.wait_until(self.in_flight, "something is being sent")
        victim = dice.choice(self._running())
        victim.kill()
        left = self.installation.world.execute(_END_LEASES, pid=str(victim.pid))
        self.installation.start()
        return left

    @contextmanager
    def unreachable(self) -> Iterator[Callable[[int], None]]:
        """Telegram takes no connection until the block ends; gives a way to let minutes pass, with a try in each."""
        self.proxy.refuse()
        self.proxy.reset()
        yield self._refused_for
        self.proxy.accept()
        self.installation.world.pass_time(60)

    def _refused_for(self, minutes: int) -> None:
        for _ in range(minutes):
            before = self.installation.world.one("SELECT sum(tries) FROM outbox")
            self.installation.world.pass_time(60)
            self.wait_until(partial(self._refused_since, before), "one more try was refused")

    def _refused_since(self, tries: int) -> bool:
        is_over = "SELECT sum(tries) > :tries AND bool_and(state <> 'sending') FROM outbox"
        return bool(self.installation.world.one(is_over, tries=tries))

    def survived(self, drain_s: float = 240) -> None:
        """Drain, then check every invariant of the test's mark; a drain that takes too long skips no check."""
        outcome = {"drained": self._wrong(lambda: wait_until(lambda: not self.waiting(), "all sent", drain_s))}
        outcome |= {name: self._wrong(self._by_name()[name]) for name in self.checks}
        wrong = [f"{name}: {words}" for name, words in outcome.items() if words]
        assert not wrong, "\n".join([*wrong, self.installation.log()])

    def _by_name(self) -> Mapping[str, Callable[[], None]]:
        return {"I5": self._deliveries, "I10": self._no_process_ended_by_itself, "I11": self._no_token_in_any_log}

    def _deliveries(self) -> None:
        world, telegram = self.installation.world, self.installation.telegram
        calls = telegram.calls()
        assert_each_alert_arrived_or_is_reported_dead(world, telegram)
        assert_order_is_kept(world, telegram)
        assert_one_in_flight_a_chat(calls)
        assert_pace(calls)

    def _no_process_ended_by_itself(self) -> None:
        assert self._running(), "nobody runs"
        assert all(process.running or process.asked_to_end for process in self.installation.started)

    def _no_token_in_any_log(self) -> None:
        for process in self.installation.started:
            assert self.installation.telegram.token not in process.log.read_text(errors="replace")

    def _running(self) -> Sequence[Running]:
        return [process for process in self.installation.started if process.running]

    def _wrong(self, check: Callable[[], object]) -> str:
        try:
            check()
        except AssertionError as error:
            return str(error) or repr(error)
        return ""
