"""What this process holds of its partitions, and what it concludes from it about scored readings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from consumer.ahead import ScoredBatch
from consumer.devices import Devices
from consumer.doubts import doubts_of
from consumer.handover import Assigned, Revoked
from consumer.limit import behind_unscorable, within_limit
from consumer.past import Look, Pasts
from consumer.silence import FollowLook, SilenceSweep
from core.batch import Batch, Integers, Quality
from core.errors import Fenced
from core.incident import DeviceState, Judgement, judge
from core.machine import Machine
from core.ports.models import Model
from core.ports.stream import NOTHING_STORED, Claim, ReadingStore, TopicPartition
from core.prediction import Predictions
from core.sensor_fault import SensorJudgement, SensorState, judge_sensors


class Conclusion(NamedTuple):
    """A batch with all that was concluded from it: ready to be stored."""

    machine: Machine
    batch: Batch
    devices: Integers
    model: Model
    predictions: Predictions
    judgement: Judgement
    sensors: SensorJudgement
    looks: Mapping[TopicPartition, Look]
    is_cut: bool
    """Whether what lies behind its end has to be read again."""


class _Ahead(NamedTuple):
    """Concluded from a machine's other topics of the same work, and not committed yet."""

    states: dict[int, DeviceState]
    sensors: dict[int, SensorState]


class Holdings:
    """Claims, devices and pasts, as they are once everything that was taken is stored.

    Where something taken is not stored after all, all of it is void: nothing more may be concluded before `drop`.
    """

    def __init__(
        self, machines: Mapping[str, Machine], store: ReadingStore, follow: FollowLook = lambda _: None
    ) -> None:
        self._machines = machines
        self._devices = Devices(store)
        self._pasts = Pasts()
        machine_of = {topic: machine for machine in machines.values() for topic in machine.topics}
        self._silence = SilenceSweep(store, self._pasts, machine_of, follow=follow)
        self._claims: dict[TopicPartition, Claim] = {}

    def begin(self, assigned: Assigned) -> None:
        """These partitions are ours from now on."""
        self._devices.forget()
        for claim in assigned.claims:
            self._claims[claim.partition] = claim
            recent = assigned.recent.get(claim.partition, NOTHING_STORED)
            self._pasts.begin(claim.partition, self._machines[assigned.machine], recent)

    def end(self, revoked: Revoked) -> None:
        """These partitions are no longer ours."""
        for partition in revoked.partitions:
            self._claims.pop(partition, None)
            self._pasts.end(partition)
        self._devices.forget()

    def drop(self) -> None:
        """Nothing is ours until the group says so again."""
        self._claims.clear()

    def conclude(self, scored: Sequence[ScoredBatch]) -> Sequence[Conclusion]:
        """Limits, flags, incidents. Raises Fenced where a partition is not ours, Unavailable."""
        conclusions: list[Conclusion] = []
        changed: dict[str, _Ahead] = {}
        for one in scored:
            ahead = changed.setdefault(one.machine.name, _Ahead({}, {}))
            conclusions.append(self._conclude(one, ahead))
            ahead.states.update(conclusions[-1].judgement.states)
            ahead.sensors.update(conclusions[-1].sensors.states)
        return conclusions

    def is_silence_due(self) -> bool:
        """Whether it is time to look for devices that fell silent."""
        return self._silence.is_due()

    def look_for_silence(self, ends: Mapping[TopicPartition, int], models: Mapping[str, Model]) -> None:
        """Look for devices that fell silent; only while nothing is on its way. `ends`: of the logs. Raises Fenced."""
        self._silence.sweep(self._claims, ends, models)

    def claims(self, conclusions: Sequence[Conclusion]) -> Sequence[Claim]:
        """The rights under which these are stored. Raises Fenced."""
        return [self._claim(one.batch.topic, run.partition) for one in conclusions for run in one.batch.runs]

    def take(self, conclusions: Sequence[Conclusion]) -> None:
        """These are stored next: what follows is concluded from them."""
        for one in conclusions:
            self._devices.remember(one.machine.name, one.judgement.states, one.sensors.states)
            self._pasts.take(one.looks)
            for run in one.batch.runs:
                claim = self._claim(one.batch.topic, run.partition)
                self._claims[claim.partition] = replace(claim, next_offset=run.next_offset, outcomes=run.outcomes)

    def _conclude(self, one: ScoredBatch, ahead: _Ahead) -> Conclusion:
        machine, model, batch, predictions = one
        claim_of, is_cut = partial(self._claim, batch.topic), False
        if machine.has_rolling:
            batch, kept = behind_unscorable(batch, claim_of)
            is_cut, predictions = kept is not None, predictions if kept is None else predictions.of(kept)
        batch, kept = within_limit(batch, claim_of, machine.dead_letters)
        if kept is not None:
            is_cut, predictions = True, predictions.of(kept)
        devices = self._devices.numbers(machine.name, batch.devices)
        batch, looks = self._pasts.look(batch, devices)
        predictions = predictions.only(batch.quality == Quality.GOOD)
        states = {**self._devices.states(machine.name), **ahead.states}
        judgement = judge(batch, devices, predictions, states, machine.incident)
        remembered = {**self._devices.sensors(machine.name), **ahead.sensors}
        sensors = judge_sensors(batch, devices, doubts_of(batch, looks, machine), remembered, machine)
        return Conclusion(machine, batch, devices, model, predictions, judgement, sensors, looks, is_cut)

    def _claim(self, topic: str, partition: int) -> Claim:
        claim = self._claims.get(TopicPartition(topic, partition))
        if claim is None:
            raise Fenced(f"{topic}/{partition} is not ours")
        return claim
