"""The numbers under which the database knows a machine and its topics."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, text

from core.errors import Halted
from core.machine import Machine

TASKS = {"fault": 0, "defects": 1, "one_class": 2, "regression": 3}
"""Task → reading.task."""


class Catalogued(NamedTuple):
    """A machine with its number and its topics' numbers."""

    id: int
    machine: Machine
    topics: Mapping[str, int]


def catalogue(connection: Connection, machine: Machine) -> Catalogued:
    """Register the machine and its topics where they are new.

    Sensors may be added at the end. Raises Halted where they were renamed, reordered or removed, because the stored
    arrays would then mean other sensors.
    """
    number = machine_number(connection, machine)
    connection.execute(text(_PLACES), {"machine": number, "places": _places(machine)})
    connection.execute(text(_NEW_TOPICS), {"topics": list(machine.topics), "machine": number})
    rows = connection.execute(text(_TOPICS), {"topics": list(machine.topics)}).all()
    for row in rows:
        if row.machine != number:
            raise Halted(f"the topic {row.name} was stored for another machine; give {machine.name} another topic")
    return Catalogued(number, machine, {row.name: row.id for row in rows})


def machine_number(connection: Connection, machine: Machine) -> int:
    """The machine's number, registered where it is new; new sensors at the end are taken in. Raises Halted."""
    names = list(machine.sensor_names)
    arguments: dict[str, object] = {
        "name": machine.name,
        "task": machine.task,
        "sensors": names,
        "classes": list(machine.classes),
    }
    arguments["limits"] = [machine.target.low, machine.target.high] if machine.target else []
    connection.execute(text(_NEW_MACHINE), arguments)
    row = connection.execute(text(_MACHINE), arguments).one()
    stored: list[str] = row.sensors
    if names[: len(stored)] != stored:
        raise Halted(
            f"the sensors of {machine.name} were {', '.join(stored)} and are now {', '.join(names)}: "
            "add sensors at the end only, or give the changed machine a new name"
        )
    if len(names) > len(stored):
        connection.execute(text("UPDATE machine SET sensors = :sensors WHERE name = :name"), arguments)
    if row.limits != arguments["limits"]:
        connection.execute(text("UPDATE machine SET limits = CAST(:limits AS float8[]) WHERE name = :name"), arguments)
    if row.classes != arguments["classes"]:
        connection.execute(text("UPDATE machine SET classes = :classes WHERE name = :name"), arguments)
    return int(row.id)


def register_devices(connection: Connection, machine: int, names: Iterable[str]) -> None:
    """Number the devices of these names where they are new."""
    connection.execute(text(_NEW_DEVICES), {"machine": machine, "names": sorted(names)})


def _places(machine: Machine) -> str:
    places = [{"name": one.name, "like": [_like(pattern) for pattern in one.devices]} for one in machine.places]
    return msgspec.json.encode(places).decode()


def _like(pattern: str) -> str:
    """`*` in the words of LIKE, whose own signs then mean themselves."""
    return pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")


_MACHINE = "SELECT id, sensors, classes, limits FROM machine WHERE name = :name"
_NEW_MACHINE = """
    INSERT INTO machine (name, task, sensors, classes, limits)
    SELECT :name, :task, CAST(:sensors AS text[]), CAST(:classes AS text[]), CAST(:limits AS float8[])
     WHERE NOT EXISTS (SELECT FROM machine WHERE name = :name) ON CONFLICT DO NOTHING"""
_PLACES = """
    UPDATE machine SET places = CAST(:places AS jsonb)
     WHERE id = :machine AND places IS DISTINCT FROM CAST(:places AS jsonb)"""
_NEW_TOPICS = """
    INSERT INTO topic (name, machine) SELECT name, :machine FROM unnest(CAST(:topics AS text[])) AS t (name)
     WHERE NOT EXISTS (SELECT FROM topic WHERE topic.name = t.name AND retired_at IS NULL) ON CONFLICT DO NOTHING"""
_TOPICS = "SELECT id, name, machine FROM topic WHERE name = ANY(:topics) AND retired_at IS NULL"
_NEW_DEVICES = """
    INSERT INTO device (machine, name) SELECT :machine, unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING"""
