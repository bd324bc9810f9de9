"""The real main loop with its fetching thread and its models played."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

from consumer.handover import Handover, Item
from consumer.loop import Loop
from consumer.models import ModelKeeper
from consumer.scoring import Scorer
from core.machine import Machine
from core.ports.models import Model
from core.ports.stream import ReadingStore, TopicPartition
from core.prediction import ModelVersion
from tests.builders import HotIsFaulty


class PlayedSource:
    """The fetching thread: `items` are handed over as soon as the first model serves; from then on others may be."""

    def __init__(self, handover: Handover, items: Sequence[Item] = ()) -> None:
        self._handover = handover
        self._items = items
        self.ready = threading.Event()
        self.told: dict[TopicPartition, int] = {}

    def start(self) -> None:
        pass

    def read(self, machine: Machine) -> None:
        for item in self._items:
            self._handover.put(item)
        self.ready.set()

    def leave(self, machine: str) -> None:
        raise AssertionError(f"nothing is wrong with the model of {machine}")

    def stored(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.told.update(offsets)

    def stop(self) -> None:
        pass


class OneModel:
    """Source of models and promotion log in one: version 1, for which hot is faulty, is champion."""

    def champion(self, machine: str) -> ModelVersion:
        return ModelVersion(machine, 1)

    def record_load(self, machine: str, version: ModelVersion, outcome: str, reason: str = "") -> None:
        assert (version, outcome, reason) == (ModelVersion(machine, 1), "loaded", "")

    def withdrawn(self, version: ModelVersion) -> None:
        assert version.number == 1

    def load(self, machine: Machine, version: ModelVersion) -> Model:
        return HotIsFaulty(version.number, machine.name)

    def last_good(self, machine: Machine) -> None:
        raise AssertionError(f"{machine.name} has a champion")

    def wait(self, seconds: float) -> bool:
        return threading.Event().wait(min(seconds, 0.01))


def a_loop(
    machine: Machine, store: ReadingStore, handover: Handover, source: PlayedSource, stopping: threading.Event
) -> Loop:
    """A loop for one machine whose model is `HotIsFaulty`."""
    one = OneModel()
    models = ModelKeeper([machine], one, one, one, 60)
    scorer = Scorer(lambda _: (), lambda _: nullcontext(), lambda *_: None)
    return Loop({machine.name: machine}, store, models, source, handover, stopping, scorer, lambda: None)
