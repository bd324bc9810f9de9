"""The wishes for another champion, as trainers see them."""

from collections.abc import Callable

from sqlalchemy import Engine, text

from core.champion_move import Move
from core.errors import ModelRefused, UserError
from core.prediction import ModelVersion
from db.failures import failures_named


class PostgresChampionMoves:
    """One at a time, whichever trainer looks; a wish whose trainer died waits for the next one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def carry_out(self, move: Callable[[Move], str]) -> bool:
        """Let `move` carry the oldest wish out, and keep its answer, or why it refused; False: none waits.

        The promotion is committed by itself, before the wish is marked: who dies in between finds at the next try that
        the version is champion already. Raises Unavailable.
        """
        with failures_named(), self._engine.begin() as connection:
            row = connection.execute(text(_NEXT)).one_or_none()
            if row is None:
                return False
            before = None if row.instead_of is None else ModelVersion(row.machine, row.instead_of)
            wish = Move(ModelVersion(row.machine, row.number), before, row.kind, row.asked_by, row.reason)
            try:
                state, answer = "done", move(wish)
            except (UserError, ModelRefused) as error:
                state, answer = "refused", str(error)
            connection.execute(text(_FINISH), {"id": row.id, "state": state, "answer": answer})
        return True


_NEXT = """
    SELECT w.id, m.name AS machine, w.number, w.instead_of, w.kind, w.asked_by, w.reason
      FROM champion_move w JOIN machine m ON m.id = w.machine
     WHERE w.state = 'pending' ORDER BY w.id LIMIT 1 FOR UPDATE OF w SKIP LOCKED"""
_FINISH = "UPDATE champion_move SET state = :state, answer = :answer, finished_at = now() WHERE id = :id"
