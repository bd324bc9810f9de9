"""Operators: who gets alerts and may answer them."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from core.errors import UserError
from db.failures import failures_named


class Subscription(Struct, frozen=True):
    """Where an operator's alerts go."""

    channel: str
    """`telegram`, `console` or `page`."""
    address: str
    machine: str | None = None
    """None: alerts of every machine."""


class Operator(Struct, frozen=True):
    """A person who may answer alerts."""

    name: str
    role: str
    """`operator` or `engineer`."""
    zone: str
    telegram_id: int | None
    subscriptions: Sequence[Subscription]


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
        return [
            Operator(
                row.name, row.role, row.zone, row.telegram_id, [Subscription(**entry) for entry in row.subscriptions]
            )
            for row in rows
        ]

    def remove(self, name: str) -> None:
        """End an operator's rights and subscriptions; labels stay. UserError where there is none of that name."""
        with failures_named(), self._engine.begin() as connection:
            number = connection.execute(text(_REMOVE), {"name": name}).scalar_one_or_none()
            if number is None:
                raise UserError(f"no operator named {name}: ./run operators list shows them")
            connection.execute(text("DELETE FROM subscription WHERE operator = :operator"), {"operator": number})

    def _subscribe(self, connection: Connection, operator: int, subscription: Subscription) -> None:
        machine = None
        if subscription.machine is not None:
            machine = connection.execute(text(_MACHINE), {"name": subscription.machine}).scalar_one_or_none()
            if machine is None:
                raise UserError(f"{subscription.machine} is not in the database yet: train its first model, then retry")
        arguments = {"channel": subscription.channel, "address": subscription.address, "machine": machine}
        connection.execute(text(_SUBSCRIBE), {"operator": operator, **arguments})


def _insert(connection: Connection, operator: Operator) -> int:
    arguments = {"name": operator.name, "role": operator.role, "zone": operator.zone}
    try:
        number: int = connection.execute(text(_INSERT), {**arguments, "telegram_id": operator.telegram_id}).scalar_one()
    except IntegrityError as error:
        taken = f"Telegram id {operator.telegram_id}" if "telegram_id" in str(error.orig) else f"name {operator.name}"
        raise UserError(f"the {taken} belongs to an operator already: remove that one first") from error
    return number


_INSERT = """
    INSERT INTO operator (name, role, zone, telegram_id) VALUES (:name, :role, :zone, :telegram_id) RETURNING id"""
_MACHINE = "SELECT id FROM machine WHERE name = :name"
_SUBSCRIBE = """
    INSERT INTO subscription (operator, channel, address, machine) VALUES (:operator, :channel, :address, :machine)"""
_ACTIVE = """
    SELECT o.name, o.role, o.zone, o.telegram_id,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('channel', s.channel, 'address', s.address, 'machine', m.name)
                                      ORDER BY s.id), '[]')
              FROM subscription s LEFT JOIN machine m ON m.id = s.machine WHERE s.operator = o.id) AS subscriptions
      FROM operator o WHERE o.removed_at IS NULL ORDER BY o.name"""
_REMOVE = "UPDATE operator SET removed_at = now() WHERE name = :name AND removed_at IS NULL RETURNING id"
