"""Devices and their readings on a real database, under the page's own role."""

from collections.abc import Iterator

import pytest

from db.engine import connect
from db.operators import Operator, Subscription
from db.shown_devices import PostgresShownDevices
from tests.alert_world import AlertWorld
from tests.builders import a_batch


@pytest.fixture
def devices(database_url: str) -> Iterator[PostgresShownDevices]:
    engine = connect(database_url, "page")
    yield PostgresShownDevices(engine)
    engine.dispose()


def number(world: AlertWorld, name: str = "Anna") -> int:
    return int(world.one("SELECT id FROM operator WHERE name = :name", name=name))


def test_the_latest_reading_of_each_device_counts_and_trouble_comes_first(
    world: AlertWorld, devices: PostgresShownDevices
) -> None:
    world.alert("press-1")
    names = ["press-b", "press-a", "press-a"]
    world.store(a_batch(3, devices=names, sensors=[[60.0, 3.0], [90.0, 3.0], [80.0, 3.0]], first_offset=3))
    shown = devices.latest(number(world), "", 10)
    assert [(one.device, one.score, one.in_trouble) for one in shown] == [
        ("press-1", 0.95, True),
        ("press-a", 0.8, False),
        ("press-fine", 0.7, False),
        ("press-b", 0.6, False),
    ]
    assert [one.device for one in devices.latest(number(world), "", 2)] == ["press-1", "press-a"]


def test_each_device_comes_with_its_latest_scores_and_further_ones_when_asked_for(
    world: AlertWorld, devices: PostgresShownDevices
) -> None:
    names, degrees = ["press-b", "press-a"] * 20, [[float(place)] * 2 for place in range(40)]
    world.store(a_batch(40, devices=names, sensors=degrees))
    first, second = devices.latest(number(world), "", 10)
    assert first.scores == tuple((2 * place + 1) / 100 for place in range(20))
    assert second.scores[-1] == second.score == 0.38
    assert devices.latest(number(world), "", 10, skip=1) == [second]
    world.store(a_batch(40, devices=names, sensors=degrees, first_offset=40))
    assert [len(one.scores) for one in devices.latest(number(world), "", 10)] == [30, 30]


@pytest.mark.parametrize(("search", "found"), [("ESS-1", ["press-1"]), ("%", []), ("_", []), ("\\", []), ("'", [])])
def test_a_search_means_its_characters(
    world: AlertWorld, devices: PostgresShownDevices, search: str, found: list[str]
) -> None:
    world.alert("press-1")
    assert [one.device for one in devices.latest(number(world), search, 10)] == found


def test_the_course_of_a_device_is_its_own_newest_readings_oldest_first(
    world: AlertWorld, devices: PostgresShownDevices
) -> None:
    world.alert("press-1")
    world.hotter(3, "press-1")
    course = devices.course("press", "press-1", 4)
    assert course.scores == [0.95, 0.97, 0.97, 0.97]
    assert course.sensors == [("temperature", [95.0, 97.0, 97.0, 97.0]), ("pressure", [3.0] * 4)]
    assert list(course.times) == sorted(course.times)
    assert devices.course("press", "nobody", 4).times == ()


def test_an_incident_of_a_device_leads_to_its_alert(world: AlertWorld, devices: PostgresShownDevices) -> None:
    alert = world.alert("press-1")
    (trouble,) = devices.troubles("press", "press-1", 10)
    assert (trouble.alert, trouble.until) == (alert, None)
    assert devices.troubles("press", "press-fine", 10) == []


def test_who_does_not_follow_a_machine_sees_none_of_its_devices(
    world: AlertWorld, devices: PostgresShownDevices
) -> None:
    world.alert("press-1")
    world.operators.add(Operator("Ben", "operator", "UTC", None, [Subscription("page", "Ben", "press")]))
    world.operators.add(Operator("Cem", "operator", "UTC", None, []))
    seen = {name: list(devices.machines_of(number(world, name), "press-1")) for name in ("Anna", "Ben", "Cem")}
    assert seen == {"Anna": ["press"], "Ben": ["press"], "Cem": []}
    assert devices.latest(number(world, "Cem"), "", 10) == []
