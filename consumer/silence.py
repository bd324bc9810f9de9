"""Looks now and then for devices that fell silent, and for those that speak again."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from consumer.past import Pasts
from core.errors import Unavailable
from core.machine import Machine
from core.ports.models import Model
from core.ports.stream import Claim, ReadingStore, TopicPartition
from core.silence import Silence, Why, judge_silence, why_judge
from core.span import Way

_log = logging.getLogger(__name__)

FollowLook = Callable[[str], Way | None]
"""Begins to keep the way of a look at one partition of this topic, which begins now."""
_EVERY_S = 5.0


class SilenceSweep:
    """Sweeps the partitions that we own; the clock says only when to look, never what is found.

    A partition is judged once everything is stored that its log held at the sweep before: while we lag, nobody is
    called silent. What is known of its devices is saved with each sweep, so that the next owner goes on from it.
    """

    def __init__(
        self,
        store: ReadingStore,
        pasts: Pasts,
        machine_of: Mapping[str, Machine],
        clock: Callable[[], float] = time.monotonic,
        follow: FollowLook = lambda _: None,
    ) -> None:
        self._store = store
        self._pasts = pasts
        self._machine_of = machine_of
        self._clock = clock
        self._follow = follow
        self._due_at = 0.0
        self._ends: Mapping[TopicPartition, int] = {}
        """Where the logs ended at the last sweep."""
        self._swept: dict[TopicPartition, tuple[Claim, Why]] = {}

    def is_due(self) -> bool:
        """Whether it is time for another sweep."""
        return self._clock() >= self._due_at

    def sweep(
        self, claims: Mapping[TopicPartition, Claim], ends: Mapping[TopicPartition, int], models: Mapping[str, Model]
    ) -> None:
        """Look. `ends`: where the logs end now; `models`: in service, by machine. Raises Fenced."""
        self._due_at = self._clock() + _EVERY_S
        for partition, claim in claims.items():
            machine = self._machine_of[partition.topic]
            why = why_judge(claim.next_offset, self._ends.get(partition))
            model = models.get(machine.name)
            if machine.silent_after is not None and model is not None and self._swept.get(partition) != (claim, why):
                try:
                    self._sweep_one(machine, machine.silent_after, claim, why, model)
                    self._swept[partition] = claim, why
                except Unavailable as error:
                    _log.warning("silence was not looked for: %s", error)
        self._ends = dict(ends)

    def _sweep_one(self, machine: Machine, limit: float, claim: Claim, why: Why, model: Model) -> None:
        past = self._pasts.of(claim.partition)
        heard, watermark = past.heard()
        way = self._follow(claim.partition.topic)
        with self._store.begin([claim]) as tx:
            silence = Silence(why)
            if why is Why.JUDGED:
                silence = judge_silence(heard, watermark, limit, tx.silent_devices(machine.name))
            moved = tx.silence(claim.partition, heard, watermark, replace(silence, way=way), model)
        if way is not None:
            way.stored()
        past.forget(moved)
        for last in silence.fell_silent:
            if last.device not in moved:
                _log.info("%s: device %d is silent", machine.name, last.device)
