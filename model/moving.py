"""Moving the champion by hand, and the thread of a trainer that does it for engineers on the page."""

import logging
import threading
from collections.abc import Callable, Mapping

from core.champion_move import Move
from core.errors import FaultlineError, UserError
from core.machine import Machine
from core.ports.notices import Notices
from core.training import Promotions
from model.source import VerifiedModels

_log = logging.getLogger(__name__)
_POLL_S = 2.0


def move_champion(
    promotions: Promotions, models: VerifiedModels, machine: Machine, wish: Move, say: Callable[[str], None]
) -> str:
    """Promote once the version is proven good: a champion that every consumer refuses helps nobody.

    `say` hears of each check; gives back the words for who wished it. Raises UserError where another than `instead_of`
    is champion by now, ModelRefused, Unavailable.
    """
    words = f"{wish.version} is champion of {machine.name} (before: {wish.instead_of or 'none'})"
    if promotions.champion(machine.name) == wish.version:
        return words
    models.verify(machine, wish.version, say)
    promotions.promote(
        wish.version,
        instead_of=wish.instead_of,
        kind=wish.kind,
        decided_by=wish.asked_by,
        reason=wish.reason,
        gate={},
    )
    return words


class Mover(threading.Thread):
    """Carries wishes out beside a training, which may take long: a rollback is urgent."""

    def __init__(self, carry_out: Callable[[], bool], notices: Notices, stopping: threading.Event) -> None:
        super().__init__(name="mover", daemon=True)
        self._carry_out = carry_out
        self._notices = notices
        self._stopping = stopping

    def run(self) -> None:
        """Until stopped; servers that are away are waited for."""
        while not self._stopping.is_set():
            try:
                moved = self._carry_out()
            except FaultlineError as error:
                _log.warning("a wish for another champion waits: %s", error)
                moved = False
            if not moved:
                self._notices.wait(_POLL_S)


def mover(promotions: Promotions, models: VerifiedModels, machines: Mapping[str, Machine]) -> Callable[[Move], str]:
    """Carries out one wish."""

    def move(wish: Move) -> str:
        machine = machines.get(wish.version.machine)
        if machine is None:
            raise UserError(f"no file describes {wish.version.machine} here")
        return move_champion(promotions, models, machine, wish, _log.info)

    return move
