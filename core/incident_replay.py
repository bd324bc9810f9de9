"""Incidents of a log that is read again, a batch at a time: what a consumer would have opened."""

from collections.abc import Iterator
from typing import NamedTuple

from core.batch import Batch, Integers
from core.incident import HEALTHY, Closed, DeviceState, Moment, Opened, judge
from core.incident_policy import IncidentPolicy
from core.prediction import Predictions


class Raised(NamedTuple):
    """An incident that a replay opened."""

    device: int
    first: Moment
    """Its first fault."""
    opened: Moment
    """The reading that made it k of n."""
    last: Moment
    """Its newest fault."""


class IncidentReplay:
    """Reads one partition in its order, every device healthy at first; remembers only devices that are not."""

    def __init__(self, policy: IncidentPolicy) -> None:
        self._policy = policy
        self._states: dict[int, DeviceState] = {}
        self._opened: dict[int, Moment] = {}

    def take(self, batch: Batch, devices: Integers, predictions: Predictions) -> Iterator[Raised]:
        """Go on with this batch of devices (ids, shape (n,)); the incidents that ended in it."""
        judgement = judge(batch, devices, predictions, self._states, self._policy)
        for event in judgement.events:
            match event:
                case Opened():
                    self._opened[event.device] = event.at
                case Closed():
                    yield _raised(event.device, self._opened.pop(event.device), event.state)
        self._states = {
            device: state for device, state in {**self._states, **judgement.states}.items() if state != HEALTHY
        }

    def open(self) -> Iterator[Raised]:
        """Those that have not ended."""
        for device, opened in self._opened.items():
            yield _raised(device, opened, self._states[device])


def _raised(device: int, opened: Moment, state: DeviceState) -> Raised:
    return Raised(device, state.since or opened, opened, state.last or opened)
