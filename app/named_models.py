"""core.named_models.NamedModels, wired: names from the database, verified models from the bucket."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from core.machine import Machine
from core.named_models import NamedVersion, VersionNames
from core.ports.models import Model, ModelSource
from core.prediction import ModelVersion

_KEPT = 4
"""Models that stay loaded: whoever asks for one asks again."""


class LoadedNamedModels:
    """Loads each version once, as long as no more than a few are asked for in turn."""

    def __init__(self, names: VersionNames, source: ModelSource) -> None:
        self._names = names
        self._source = source
        self._loaded: OrderedDict[ModelVersion, Model] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def names(self, machine: Machine) -> Sequence[NamedVersion]:
        """Those there are, the newest first. Raises Unavailable."""
        return self._names.of(machine.name)

    def load(self, machine: Machine, number: int) -> Model:
        """That version, verified before a byte of it is unpickled. Raises ModelRefused, Unavailable."""
        version = ModelVersion(machine.name, number)
        with self._one_at_a_time:
            model = self._loaded.pop(version, None) or self._source.load(machine, version)
            self._loaded[version] = model
            while len(self._loaded) > _KEPT:
                self._loaded.popitem(last=False)
        return model
