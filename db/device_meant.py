"""Which device a command means, among those of the machines that its sender follows."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, text

from core.device_meant import DeviceName, Unclear, beginnings, named, nearest


class MeantDevice(NamedTuple):
    """The one device that is meant, and the words behind its name."""

    id: int
    name: DeviceName
    rest: str


class NotClear(NamedTuple):
    """Why we ask back, and what may be meant."""

    unclear: Unclear
    nearest: tuple[str, ...] = ()

    @property
    def facts(self) -> Mapping[str, object]:
        """For the question."""
        return {"unclear": self.unclear.value, "nearest": list(self.nearest)}


def device_meant(connection: Connection, operator: int, words: str) -> MeantDevice | NotClear:
    """The device that the words begin with, `NAME` or `MACHINE/NAME`; the longest name wins."""
    tried = beginnings(words)
    if not tried:
        return NotClear(Unclear.NO_DEVICE)
    rows = connection.execute(text(_FOLLOWED + _NAMED), {"operator": operator, "tried": tried}).all()
    numbers = {DeviceName(row.machine, row.device): row.id for row in rows}
    for beginning in tried:
        found = named(beginning, list(numbers))
        if len(found) == 1:
            return MeantDevice(numbers[found[0]], found[0], words.strip()[len(beginning) :].strip())
        if found:
            return NotClear(Unclear.WHICH_MACHINE, tuple(sorted(one.full for one in found)))
    return NotClear(Unclear.UNKNOWN_DEVICE, tuple(_nearest(connection, operator, words)))


def this_device(connection: Connection, operator: int, name: DeviceName) -> MeantDevice | NotClear:
    """The device of exactly this name."""
    rows = connection.execute(text(_FOLLOWED + _NAMED), {"operator": operator, "tried": [name.full]}).all()
    found = [row.id for row in rows if (row.machine, row.device) == name]
    return MeantDevice(found[0], name, "") if found else NotClear(Unclear.UNKNOWN_DEVICE)


def _nearest(connection: Connection, operator: int, words: str) -> list[str]:
    rows = connection.execute(text(_FOLLOWED), {"operator": operator}).all()
    return list(nearest(words, [DeviceName(row.machine, row.device) for row in rows]))


_FOLLOWED = """
    SELECT d.id, m.name AS machine, d.name AS device FROM machine m JOIN device d ON d.machine = m.id
     WHERE EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))"""
_NAMED = """
       AND (lower(d.name) IN (SELECT lower(b) FROM unnest(CAST(:tried AS text[])) AS t (b))
            OR lower(m.name || '/' || d.name) IN (SELECT lower(b) FROM unnest(CAST(:tried AS text[])) AS t (b)))"""
