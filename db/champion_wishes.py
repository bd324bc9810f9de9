"""Where engineers wish for another champion: core.champion_move.ChampionWishes on Postgres."""

import msgspec
from sqlalchemy import Connection, Engine, text

from core.champion_move import Kind, Moved, ShownMove
from core.login import Visitor
from core.rollback import before_last
from db.failures import failures_named

CHANNEL = "champion_move"
"""Of the notice that wakes trainers."""


class PostgresChampionWishes:
    """Writes a wish down and wakes a trainer; promotes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def promote(self, visitor: Visitor, machine: str, number: int, reason: str) -> Moved:
        """Wish that this version serves, against the gate's word."""
        return self._wish(visitor, machine, number, "override", reason)

    def roll_back(self, visitor: Visitor, machine: str, reason: str) -> Moved:
        """Wish that the champion before this one serves again: which one that is, is decided now."""
        return self._wish(visitor, machine, None, "rollback", reason)

    def newest(self, operator: int, machine: str) -> ShownMove | None:
        """The newest wish of a machine that the operator follows."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_NEWEST), {"operator": operator, "machine": machine}).mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), ShownMove)

    def _wish(self, visitor: Visitor, machine: str, number: int | None, kind: Kind, reason: str) -> Moved:
        if visitor.role != "engineer":
            return Moved.NOT_AN_ENGINEER
        with failures_named(), self._engine.begin() as connection:
            followed = {"operator": visitor.id, "machine": machine}
            place = connection.execute(text(_FOLLOWED), followed).scalar_one_or_none()
            if place is None:
                return Moved.UNKNOWN_MACHINE
            connection.execute(text(_ALONE), {"machine": place})
            history = [(row.kind, row.number) for row in connection.execute(text(_HISTORY), {"machine": place})]
            number = before_last(history) if number is None else number
            if number is None:
                return Moved.NOTHING_EARLIER
            champion = history[-1][1] if history else None
            if refused := _refused(connection, place, number, champion):
                return refused
            wish = {"machine": place, "number": number, "instead_of": champion, "kind": kind}
            connection.execute(text(_WISH), {**wish, "by": visitor.name, "reason": reason})
            connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
        return Moved.WISHED


def _refused(connection: Connection, machine: int, number: int, champion: int | None) -> Moved | None:
    if number == champion:
        return Moved.CHAMPION_ALREADY
    asked = {"machine": machine, "number": number}
    if not connection.execute(text(_KNOWN), asked).scalar_one():
        return Moved.UNKNOWN_VERSION
    return Moved.UNDER_WAY if connection.execute(text(_WAITS), asked).scalar_one() else None


_FOLLOWED = """
    SELECT m.id FROM machine m
     WHERE m.name = :machine
       AND EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))"""
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('faultline.champion_move'), CAST(:machine AS integer))"
_HISTORY = "SELECT kind, number FROM promotion WHERE machine = :machine ORDER BY id"
_KNOWN = "SELECT EXISTS (SELECT FROM model_version WHERE machine = :machine AND number = :number)"
_WAITS = "SELECT EXISTS (SELECT FROM champion_move WHERE machine = :machine AND state = 'pending')"
_WISH = """
    INSERT INTO champion_move (machine, number, instead_of, kind, asked_by, reason)
    VALUES (:machine, :number, :instead_of, :kind, :by, :reason)"""
_NEWEST = """
    SELECT w.number, w.kind, w.asked_by, w.state, w.answer, w.created_at AS at
      FROM champion_move w JOIN machine m ON m.id = w.machine
     WHERE m.name = :machine
       AND EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))
     ORDER BY w.id DESC LIMIT 1"""
