"""Publishes readings one by one at an even rate, and notes when each was handed to the Kafka client."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from confluent_kafka import KafkaError, Message

from core.batch import Floats, Integers
from core.errors import Unavailable
from core.machine import Machine
from producer.kafka import producer_for
from producer.messages import messages_of
from producer.simulated import simulated_readings

Pair = tuple[bytes, bytes]
"""A message's key and value."""
_CONFIRM_S = 30.0


class Published(NamedTuple):
    """Readings as Kafka has them, shape (n,) a column."""

    at: Floats
    """When produce() was called, time.perf_counter."""
    partitions: Integers
    offsets: Integers

    def after(self, seconds: float) -> "Published":
        """Without those of the first so many seconds, in which connections are made."""
        rows = self.at >= self.at[0] + seconds
        return Published(self.at[rows], self.partitions[rows], self.offsets[rows])


def simulated(machine: Machine, devices: int, rate: int, seconds: float, fault_rate: float) -> list[Pair]:
    """Readings of so many seconds from now on."""
    now = time.time_ns() // 1000
    sources = messages_of(machine, simulated_readings(machine, devices, now % 2**31, fault_rate, now, rate))
    pairs = chain.from_iterable(zip(batch.keys, batch.values, strict=True) for batch in sources)
    return list(islice(pairs, round(rate * seconds)))


class Paced:
    """Readings ready to be published: encoded beforehand, so that only sending takes time."""

    def __init__(self, kafka: Mapping[str, str], topic: str, readings: Sequence[Pair], rate: int) -> None:
        self._readings = readings
        self._topic = topic
        self._rate = rate
        self._producer = producer_for(kafka)
        self._failed: list[str] = []

    def publish(self) -> Published:
        """Publish each when it is due; returns when Kafka has confirmed all. Raises Unavailable where it did not."""
        count = len(self._readings)
        at = np.zeros(count)
        places: npt.NDArray[np.int64] = np.full((count, 2), -1)
        start = time.perf_counter()
        for index, (key, value) in enumerate(self._readings):
            while (wait := start + index / self._rate - time.perf_counter()) > 0:
                self._producer.poll(wait)
            at[index] = time.perf_counter()
            delivered = partial(self._delivered, places, index)
            self._producer.produce(self._topic, value, key, on_delivery=delivered, headers=[])
            self._producer.poll(0)
        if self._producer.flush(_CONFIRM_S) or self._failed:
            raise Unavailable(f"Kafka did not confirm every reading: {self._failed[:1]}")
        return Published(at, places[:, 0], places[:, 1])

    def _delivered(self, places: npt.NDArray[np.int64], index: int, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(error.str())
        else:
            places[index] = np.array([message.partition(), message.offset()], dtype=np.int64)
