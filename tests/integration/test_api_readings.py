"""Readings and incidents over the HTTP API on a real database, under the role of the API."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from core.api_key import Scope
from core.batch import Batch, Quality, to_micros
from core.login import Visitor
from db.engine import connect
from db.reading_log import PostgresReadingLog
from db.shown_devices import PostgresShownDevices
from db.shown_incidents import PostgresIncidents
from tests.alert_world import AlertWorld
from tests.api_rig import ApiRig
from tests.builders import NOON, a_batch

PATH = "/api/v1/machines/press/readings"
DEVICES = ("press-1", "press-2", "=press")


@pytest.fixture
def api(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "api")
    yield engine
    engine.dispose()


@pytest.fixture
def rig(api: Engine, world: AlertWorld) -> ApiRig:
    rig = ApiRig(readings=PostgresReadingLog(api), incidents=PostgresIncidents(api))
    anna = Visitor(int(world.one("SELECT id FROM operator WHERE name = 'Anna'")), "Anna", "operator", "UTC")
    rig.program = rig.with_key(rig.keys.offer(Scope.READ, visitor=anna))
    rig.devices.shown = list(PostgresShownDevices(api).latest(anna.id, "", 10))
    return rig


@pytest.fixture
def stored(world: AlertWorld) -> AlertWorld:
    """Three devices by turns, sixty readings in two batches; the version's threshold is 0.9."""
    for first in (0, 30):
        world.store(_batch(first, 30))
    world.execute(_VERSION)
    return world


def _batch(first: int, count: int) -> Batch:
    places = range(first, first + count)
    celsius = [95.0 if place % 10 == 0 else 60.0 + place % 5 for place in places]
    batch = a_batch(
        count,
        devices=[DEVICES[place % 3] for place in places],
        sensors=[[one, 3.0 if place % 4 else np.nan] for place, one in zip(places, celsius, strict=True)],
        first_offset=first,
    )
    return replace(batch, quality=np.array([Quality.LATE * (place % 15 == 7) for place in places], dtype=np.int16))


def _pages(rig: ApiRig, world: AlertWorld | None = None, **asked: Any) -> Sequence[dict[str, Any]]:
    """All pages; more readings come in behind each, where a world is given."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for number in range(100):
        page = rig.program.get(PATH, params={**asked, **cursor}).json()
        found += page["readings"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}
        if world is not None:
            world.store(_batch(60 + 5 * number, 5))
    raise AssertionError("the pages have no end")


def test_pages_say_each_reading_once_while_others_come_in(stored: AlertWorld, rig: ApiRig) -> None:
    found = _pages(rig, stored, count=7)
    offsets = [one["offset"] for one in found]
    assert offsets == list(range(len(offsets)))
    assert len(offsets) >= 60
    first, fourth = found[0], found[4]
    assert first["sensors"] == {"temperature": 95.0, "pressure": None}
    assert (first["fault"], first["probability"], first["device"]) == (True, 0.95, "press-1")
    assert first["id"] == str(stored.one("SELECT id FROM reading WHERE kafka_offset = 0"))
    assert (fourth["fault"], fourth["time"]) == (False, "2026-03-01T12:00:04Z")


@pytest.mark.usefixtures("stored")
def test_each_filter_leaves_what_it_says(rig: ApiRig) -> None:
    def offsets(**asked: Any) -> list[int]:
        return [one["offset"] for one in _pages(rig, **asked)]

    late = [7, 22, 37, 52]
    assert offsets(fault=True) == list(range(0, 60, 10))
    assert offsets(device="press-2", count=3) == list(range(1, 60, 3))
    assert offsets(quality="late") == offsets(quality="flagged") == late
    assert offsets(quality="good") == [place for place in range(60) if place not in late]
    assert offsets(quality="stuck") == []
    assert offsets(since="2026-03-01T12:00:10Z", until="2026-03-01T12:00:13Z") == [10, 11, 12]
    assert offsets(since="2026-03-03T00:00:00Z") == []
    assert offsets(model_version=1, fault=True, device="=press") == [20, 50]
    assert offsets(model_version=2) == []


def test_what_a_clock_ahead_says_is_found_as_such(stored: AlertWorld, rig: ApiRig) -> None:
    ahead = a_batch(1, first_offset=60)
    time = np.array([to_micros(NOON.replace(year=2027))], dtype=np.int64)
    stored.store(replace(ahead, times=time, quality=np.array([Quality.FUTURE], dtype=np.int16)))
    (found,) = _pages(rig, since="2027-01-01T00:00:00Z", quality="future")
    assert (found["offset"], found["quality"]) == (60, ["future"])
    assert _pages(rig, since="2027-01-01T00:00:00Z") == []


@pytest.mark.usefixtures("stored")
def test_an_export_is_what_the_table_holds(rig: ApiRig) -> None:
    rows = list(csv.DictReader(rig.program.get(f"{PATH}/export").text.splitlines()))
    assert [int(row["offset"]) for row in rows] == list(range(60))
    assert {row["device"] for row in rows} == {"press-1", "press-2", "'=press"}
    assert rows[10] | {"id": ""} == {
        "id": "",
        "device": "press-2",
        "time": "2026-03-01T12:00:10.000000Z",
        "probability": "0.95",
        "fault": "true",
        "quality": "0",
        "model_version": "1",
        "topic": "readings.press",
        "partition": "0",
        "offset": "10",
        "temperature": "95",
        "pressure": "3",
    }
    few = rig.program.get(f"{PATH}/export", params={"fault": True, "device": "=press"}).text.splitlines()
    assert len(few) == 1 + 2


def test_of_a_machine_of_which_a_number_is_predicted_each_reading_has_its_own(stored: AlertWorld, rig: ApiRig) -> None:
    stored.execute("UPDATE machine SET task = 'regression'")
    stored.execute("INSERT INTO reading_value SELECT topic, 0, 3, 8.25 FROM reading WHERE kafka_offset = 3")
    assert [one["value"] for one in _pages(rig)][2:5] == [None, 8.25, None]
    rows = list(csv.DictReader(rig.program.get(f"{PATH}/export").text.splitlines()))
    assert [row["value"] for row in rows][2:5] == ["", "8.25", ""]


def test_incidents_come_by_the_page_without_their_alert_too(world: AlertWorld, rig: ApiRig) -> None:
    alerts = [world.alert(device) for device in ("press-a", "press-b", "press-c")]
    silent = world.one("SELECT incident FROM alert WHERE id = :alert", alert=alerts[0])
    world.execute("DELETE FROM outbox")
    world.execute("DELETE FROM alert WHERE id = :alert", alert=alerts[0])
    path = "/api/v1/machines/press/incidents"
    newest, *_ = first = rig.program.get(path, params={"count": 2}).json()
    assert [(one["device"], one["alert"]) for one in first] == [("press-c", alerts[2]), ("press-b", alerts[1])]
    assert (newest["kind"], newest["probability"], newest["until"]) == ("fault", 0.95, None)
    (last,) = rig.program.get(path, params={"count": 2, "before": first[-1]["incident"]}).json()
    assert (last["incident"], last["alert"], last["device"]) == (silent, None, "press-a")
    assert len(rig.program.get(path, params={"open": True}).json()) == 3


@pytest.mark.usefixtures("stored")
def test_who_does_not_follow_the_machine_gets_none_of_it(rig: ApiRig) -> None:
    stranger = Visitor(99_999, "Nobody", "operator", "UTC")
    program = rig.with_key(rig.keys.offer(Scope.READ, visitor=stranger))
    for path in (PATH, f"{PATH}/export", "/api/v1/machines/press/incidents"):
        assert program.get(path).status_code == 404


_VERSION = """
    INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id, sha256,
                               algorithm, threshold, created_by)
    SELECT id, 1, 'key', '1', 'manifest', '1', 'sum', 'lr', 0.9, 'test' FROM machine WHERE name = 'press'"""
