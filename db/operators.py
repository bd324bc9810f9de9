"""Operators: who gets alerts and may answer them."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import IntegrityError

from core.errors import UserError
from core.quiet import QuietHours
from core.severity import Severity
from db.failures import failures_named


class Subscription(Struct, frozen=True):
    """Where an operator's alerts go."""

    channel: str
    """`telegram`, `console` or `page`."""
    address: str
    machine: str | None = None
    """None: alerts of every machine."""
    from_severity: Severity | None = Severity.LOW
    """The least that is told there; None: no alerts, only what engineers are told of Faultline itself."""
    after_s: int = 0
    """Told only where nobody has answered for so many seconds."""


class Operator(Struct, frozen=True):
    """A person who may answer alerts."""

    name: str
    role: str
    """`operator` or `engineer`."""
    zone: str
    telegram_id: int | None
    subscriptions: Sequence[Subscription]
    quiet: QuietHours | None = None
    questions_a_day: int = 10
    """About readings that raised no alert; at most so many in any 24 hours."""


class Hearing(Struct, frozen=True):
    """What is to change of when and of what an operator hears."""

    quiet: QuietHours | UnsetType | None = UNSET
    """None: no quiet hours."""
    from_severity: Severity | UnsetType = UNSET
    after_s: int | UnsetType = UNSET
    questions_a_day: int | UnsetType = UNSET


class PostgresOperators:
    """The operators. All methods raise Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, operator: Operator) -> None:
        """Add an operator with the subscriptions. UserError where the name or the Telegram id is taken."""
        with failures_named(), self._engine.begin() as connection:
            number = _insert(connection, operator)
            for subscription in operator.subscriptions:
                self._subscribe(connection, number, subscription)

    def active(self) -> Sequence[Operator]:
        """All who were not removed, by name."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_ACTIVE)).all()
        return [_operator(row) for row in rows]

    def set_hearing(self, name: str, hearing: Hearing) -> None:
        """Change when and of what an operator hears. UserError where there is none of that name."""
        with failures_named(), self._engine.begin() as connection:
            number = _number(connection.execute(text(_FIND), {"name": name}).scalar_one_or_none(), name)
            if hearing.quiet is not UNSET:
                connection.execute(text(_SET_QUIET), {"operator": number, **_hours(hearing.quiet)})
            if hearing.questions_a_day is not UNSET:
                connection.execute(text(_SET_QUESTIONS), {"operator": number, "questions": hearing.questions_a_day})
            for column in ("from_severity", "after_s"):
                if (value := getattr(hearing, column)) is not UNSET:
                    statement = f"UPDATE subscription SET {column} = :value WHERE operator = :operator"  # noqa: S608  # one of the two names above
                    connection.execute(text(statement), {"operator": number, "value": value})

    def remove(self, name: str) -> None:
        """End an operator's rights and subscriptions; labels stay. UserError where there is none of that name."""
        with failures_named(), self._engine.begin() as connection:
            number = _number(connection.execute(text(_REMOVE), {"name": name}).scalar_one_or_none(), name)
            connection.execute(text("DELETE FROM subscription WHERE operator = :operator"), {"operator": number})

    def _subscribe(self, connection: Connection, operator: int, subscription: Subscription) -> None:
        machine = None
        if subscription.machine is not None:
            machine = connection.execute(text(_MACHINE), {"name": subscription.machine}).scalar_one_or_none()
            if machine is None:
                raise UserError(f"{subscription.machine} is not in the database yet: train its first model, then retry")
        arguments = {"channel": subscription.channel, "address": subscription.address, "machine": machine}
        arguments |= {"from_severity": subscription.from_severity, "after_s": subscription.after_s}
        connection.execute(text(_SUBSCRIBE), {"operator": operator, **arguments})


def _operator(row: Row[Any]) -> Operator:
    places = [msgspec.convert(entry, Subscription) for entry in row.subscriptions]
    quiet = None if row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_until)
    return Operator(row.name, row.role, row.zone, row.telegram_id, places, quiet, row.questions_a_day)


def _number(found: int | None, name: str) -> int:
    if found is None:
        raise UserError(f"no operator named {name}: ./run operators list shows them")
    return found


def _hours(quiet: QuietHours | None) -> Mapping[str, time | None]:
    begin, end = (None, None) if quiet is None else quiet
    return {"quiet_from": begin, "quiet_until": end}


def _insert(connection: Connection, operator: Operator) -> int:
    arguments: dict[str, object] = {"name": operator.name, "role": operator.role, "zone": operator.zone}
    arguments |= {"telegram_id": operator.telegram_id, "questions": operator.questions_a_day, **_hours(operator.quiet)}
    try:
        number: int = connection.execute(text(_INSERT), arguments).scalar_one()
    except IntegrityError as error:
        taken = f"Telegram id {operator.telegram_id}" if "telegram_id" in str(error.orig) else f"name {operator.name}"
        raise UserError(f"the {taken} belongs to an operator already: remove that one first") from error
    return number


_INSERT = """
    INSERT INTO operator (name, role, zone, telegram_id, quiet_from, quiet_until, questions_a_day)
    VALUES (:name, :role, :zone, :telegram_id, :quiet_from, :quiet_until, :questions) RETURNING id"""
_FIND = "SELECT id FROM operator WHERE name = :name AND removed_at IS NULL"
_SET_QUIET = "UPDATE operator SET quiet_from = :quiet_from, quiet_until = :quiet_until WHERE id = :operator"
_SET_QUESTIONS = "UPDATE operator SET questions_a_day = :questions WHERE id = :operator"
_MACHINE = "SELECT id FROM machine WHERE name = :name"
_SUBSCRIBE = """
    INSERT INTO subscription (operator, channel, address, machine, from_severity, after_s)
    VALUES (:operator, :channel, :address, :machine, :from_severity, :after_s)"""
_ACTIVE = """
    SELECT o.name, o.role, o.zone, o.telegram_id, o.quiet_from, o.quiet_until, o.questions_a_day,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('channel', s.channel, 'address', s.address, 'machine', m.name,
                                                         'from_severity', s.from_severity, 'after_s', s.after_s)
                                      ORDER BY s.id), '[]')
              FROM subscription s LEFT JOIN machine m ON m.id = s.machine WHERE s.operator = o.id) AS subscriptions
      FROM operator o WHERE o.removed_at IS NULL ORDER BY o.name"""
_REMOVE = "UPDATE operator SET removed_at = now() WHERE name = :name AND removed_at IS NULL RETURNING id"
