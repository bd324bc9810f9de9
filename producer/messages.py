"""Messages ready for Kafka, and when."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from core.machine import Machine
from producer.encode import encoder_of
from producer.kafka import Headers
from producer.readings import TRUTH_HEADER, Readings

_WINDOW = 0.05
"""Readings due within so many seconds are sent together, when the last of them is due."""


class Messages(NamedTuple):
    """Messages of one topic, in order."""

    topic: str
    keys: Sequence[bytes]
    values: Sequence[bytes]
    headers: Sequence[Headers]
    due: float
    """Seconds after the start."""

    def first(self, count: int) -> "Messages":
        """The first `count` of them."""
        return Messages(self.topic, self.keys[:count], self.values[:count], self.headers[:count], self.due)


def messages_of(machine: Machine, chunks: Iterable[Readings], schema: int = 1) -> Iterator[Messages]:
    """The readings encoded for the machine's topic; the key is the device's name.

    `schema`: the number that stands before framed messages.
    """
    encoder = encoder_of(machine, schema)
    for chunk in chunks:
        for readings in _windows(chunk):
            yield Messages(
                topic=machine.topics[0],
                keys=[device.encode() for device in readings.devices],
                values=encoder.encode(readings),
                headers=_headers(readings),
                due=float(readings.due[-1]),
            )


def merged(sources: Iterable[Iterator[Messages]]) -> Iterator[Messages]:
    """The messages of all sources in the order in which they are due."""
    return heapq.merge(*sources, key=lambda messages: messages.due)


def first(count: int, batches: Iterable[Messages]) -> Iterator[Messages]:
    """The first `count` messages of the batches."""
    for messages in batches:
        yield messages.first(count)
        count -= len(messages.keys)
        if count <= 0:
            return


def _windows(readings: Readings) -> Iterator[Readings]:
    begin = 0
    while begin < len(readings):
        end = int(np.searchsorted(readings.due, readings.due[begin] + _WINDOW, side="right"))
        yield readings[begin:end]
        begin = end


def _headers(readings: Readings) -> Sequence[Headers]:
    if readings.truths is None:
        return [[]] * len(readings)
    header: dict[str, Headers] = {truth: [(TRUTH_HEADER, truth.encode())] for truth in set(readings.truths)}
    return [header[truth] for truth in readings.truths]
