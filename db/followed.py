"""Machines, as far as an operator follows them."""

from typing import Any

from sqlalchemy import Connection, Row, text


def followed_machine(connection: Connection, operator: int, name: str) -> Row[Any] | None:
    """Its id, task, sensors and classes; None: there is none of this name, or the operator does not follow it."""
    return connection.execute(text(_MACHINE), {"operator": operator, "name": name}).one_or_none()


_MACHINE = """
    SELECT m.id, m.task, m.sensors, m.classes FROM machine m
     WHERE m.name = :name AND EXISTS (SELECT FROM subscription s
                                       WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))"""
