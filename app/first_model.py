"""The first model of a machine: learnt from simulated devices, before anybody labelled a real fault."""

from app.person import person
from core.history import History
from core.machine import Machine
from model.base_data import base_data
from model.fit import Progress, train
from model.recipe import Recipe
from model.release import Outcome, Release
from producer.history import simulated_history

READINGS = 40_000
SEED = 0
DEVICES = 40
_FAULT_RATE = 0.02


def simulated(machine: Machine, count: int = READINGS, seed: int = SEED, devices: int = DEVICES) -> History:
    """The past of simulated devices, with its truth. UserError where there are more devices than readings."""
    return simulated_history(machine, devices, count, seed, _FAULT_RATE)


def ensure_first_model(release: Release, machine: Machine, progress: Progress) -> Outcome | None:
    """Train and promote a first model where the machine has no champion; None where it has one.

    Raises UserError, Unavailable.
    """
    if release.promotions.champion(machine.name) is not None:
        return None
    history = simulated(machine)
    candidate = train(machine, history, Recipe(), [], progress)
    return release.offer(candidate, base_data(machine, history), person(), progress)
