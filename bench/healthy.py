"""What devices that are well cost: how many alerts they raise, and the share of the CPU that judging them takes."""

import time
from typing import Any

import numpy as np

from bench.installation import Installation, Trained
from bench.ours import consume_backlog, counted
from bench.stream import PARTITIONS
from core.batch import Batch
from core.incident import HEALTHY, DeviceState, judge
from core.machine import Machine
from core.prediction import ModelVersion, Predictions

_BATCH = 20_000
_BATCHES = 50
THRESHOLD = 0.85
"""By the alarm budget: the lowest, in steps of 0.05, at which three other fleets of 10,000 healthy devices raised
nothing in a hundred readings each, by a model that saw 2,000 devices. It finds 77 % of the hold-out's faulty readings;
the threshold of the highest F1 (0.45) finds 83 %."""
_SINGLE_FAULTS = 0.001
"""Of the readings of a device that is well, so many pass the threshold for once."""


def healthy(installation: Installation, trained: Trained, devices: int, messages: int) -> dict[str, Any]:
    """Incidents among readings of these devices, through the real consumer; judging them, on its own."""
    topic = installation.backlog("bench-healthy", PARTITIONS, messages, devices, fault_rate=0.0, threshold=THRESHOLD)
    with installation.database(trained) as database:
        consumed = consume_backlog(installation, topic, trained, database)
        counts = counted(database)
    judging_us = _judging_us(installation.machine(topic.machines_directory), devices)
    share = judging_us / consumed.cpu_us_per_reading
    installation.progress.say(f"{devices:,} healthy devices: {counts.incidents} incidents, {share:.1%} of the CPU")
    return {
        "devices": devices,
        "readings": counts.stored,
        "incidents": counts.incidents,
        "messages": counts.messages,
        "cpu_us_per_reading": consumed.cpu_us_per_reading,
        "judging_us_per_reading": judging_us,
        "judging_share": share,
        "threshold": THRESHOLD,
        "single_faults": _SINGLE_FAULTS,
    }


def _judging_us(machine: Machine, devices: int) -> float:
    """CPU of core.incident.judge a reading, with the states that it leaves carried from batch to batch."""
    random = np.random.default_rng(0)
    states: dict[int, DeviceState] = {}
    spent = 0.0
    for number in range(_BATCHES):
        batch, ids = _batch(number), random.integers(0, devices, _BATCH)
        scores = random.random(_BATCH) * 0.3
        faults = random.random(_BATCH) < _SINGLE_FAULTS
        predictions = Predictions(ModelVersion(machine.name, 1), scores, np.zeros(_BATCH, dtype=np.int16), faults)
        began = time.process_time()
        judgement = judge(batch, ids, predictions, states, machine.incident)
        spent += time.process_time() - began
        states |= judgement.states
        states = {device: state for device, state in states.items() if state != HEALTHY}
    return spent / (_BATCH * _BATCHES) * 1e6


def _batch(number: int) -> Batch:
    """Positions and times, which are all that judging looks at."""
    nothing = np.zeros(_BATCH, dtype=np.int64)
    return Batch(
        topic="bench-healthy",
        partitions=nothing,
        offsets=np.arange(number * _BATCH, (number + 1) * _BATCH),
        ids=np.zeros(_BATCH, dtype="V16"),
        devices=(),
        times=np.arange(number * _BATCH, (number + 1) * _BATCH) * 500,
        sensors=np.zeros((_BATCH, 0)),
        quality=nothing.astype(np.int16),
        extras=(),
        runs=(),
        dead_letters=(),
    )
