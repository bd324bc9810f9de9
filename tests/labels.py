"""Answered incidents put straight into the database, as the consumer and the alerts process would have left them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

from core.label import Verdict
from core.machine import Machine
from db.catalogue import catalogue


@dataclass(frozen=True)
class AnsweredIncident:
    """An incident that a person judged, and may judge again."""

    owner: Engine
    names: dict[str, Any]

    def label(self, verdict: Verdict, readings: Sequence[Sequence[float]], quality: int = 0) -> None:
        """A label on these readings, later than any before it."""
        with self.owner.begin() as connection:
            names = {**self.names, "update": _serial(connection), "verdict": verdict, "quality": quality}
            names["inbox"] = _number(connection, _INBOX, names)
            names["label"] = _number(connection, _LABEL, names)
            for place, sensors in enumerate(readings):
                connection.execute(text(_READING), {**names, "at": names["offset"] + place, "sensors": list(sensors)})


def answered(owner: Engine, machine: Machine, verdict: Verdict, *readings: Sequence[float]) -> AnsweredIncident:
    """An incident of these readings, alerted and answered so."""
    with owner.begin() as connection:
        serial = _serial(connection)
        known = catalogue(connection, machine)
        names: dict[str, Any] = {"machine": known.id, "topic": known.topics[machine.topics[0]], "serial": str(serial)}
        names["offset"] = serial
        for name, statement in (
            ("device", _DEVICE),
            ("operator", _OPERATOR),
            ("incident", _INCIDENT),
            ("alert", _ALERT),
        ):
            names[name] = _number(connection, statement, names)
    incident = AnsweredIncident(owner, names)
    incident.label(verdict, readings)
    return incident


def _serial(connection: Connection) -> int:
    """Another one after each label; also the first offset of an incident, whose readings lie before the next one's.

    What comes of an answer may depend on its device's name and its readings' day: in each run both are the same.
    """
    return 1_000 * (1 + int(connection.execute(text("SELECT count(*) FROM inbox")).scalar_one()))


def _number(connection: Connection, statement: str, names: dict[str, Any]) -> int:
    return int(connection.execute(text(statement + " RETURNING id"), names).scalar_one())


_DEVICE = "INSERT INTO device (machine, name) VALUES (:machine, 'device ' || :serial)"
_OPERATOR = "INSERT INTO operator (name, role) VALUES ('operator ' || :serial, 'operator')"
_INCIDENT = """
    INSERT INTO incident (machine, device, topic, kafka_partition, since_offset, since_time, opened_offset, opened_time,
                          last_offset, last_time, faults, peak, model_version)
    VALUES (:machine, :device, :topic, 0, :offset, now(), :offset, now(), :offset, now(), 3, 0.9, 1)"""
_ALERT = """
    INSERT INTO alert (incident, probability, standing_out, model_version) VALUES (:incident, 0.9, '[]', 1)"""
_INBOX = """
    INSERT INTO inbox (channel, bot, update_id, raw, outcome) VALUES ('shell', '', :update, '{}', 'labelled')"""
_LABEL = """
    INSERT INTO label (machine, incident, alert, operator, verdict, inbox)
    VALUES (:machine, :incident, :alert, :operator, :verdict, :inbox)"""
_READING = """
    INSERT INTO labelled_reading (label, topic, kafka_partition, kafka_offset, machine, device, time, sensors, quality,
                                  class, score, model_version)
    VALUES (:label, :topic, 0, :at, :machine, :device, '2026-03-01 12:00Z', :sensors, :quality, 0, 0.9, 1)"""
