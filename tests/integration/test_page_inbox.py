"""The page's inbox on a real database, under the page's own role."""

from collections.abc import Iterator

import msgspec
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.live import Bell
from api.page import page
from api.stores import Stores
from core.login import new_token
from core.severity import Severity
from core.shown import ShownAlert, ShownPush
from db.alarm_history import PostgresAlarmHistory
from db.champion_wishes import PostgresChampionWishes
from db.engine import connect
from db.inbox import PostgresInbox
from db.login_links import PostgresLoginLinks
from db.login_sessions import PostgresLogins
from db.operators import Operator, Subscription
from db.shown_alerts import PostgresShownAlerts
from db.shown_devices import PostgresShownDevices
from db.shown_holds import PostgresShownHolds
from db.shown_machines import PostgresModels
from db.shown_questions import PostgresShownQuestions
from db.training_reports import PostgresShownReports
from tests.alert_world import AlertWorld
from tests.builders import a_batch, a_machine
from tests.fake_notices import RungByHand
from tests.page_rig import HERE, OUR_PAGES, form_key_in


@pytest.fixture
def api(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "page")
    yield engine
    engine.dispose()


@pytest.fixture
def browser(world: AlertWorld, api: Engine, database_url: str) -> TestClient:
    """Anna's, logged in."""
    assert anna(world), "whom the link lets in"
    token, alerts = new_token(), connect(database_url, "alerts")
    PostgresLoginLinks(alerts).offer("Anna", token)
    alerts.dispose()
    known = {"press": a_machine()}
    shown = PostgresShownAlerts(api), PostgresShownQuestions(api, known)
    inbox, devices, alarms = PostgresInbox(api), PostgresShownDevices(api), PostgresAlarmHistory(api)
    models, champions, reports = PostgresModels(api), PostgresChampionWishes(api), PostgresShownReports(api)
    holds = PostgresShownHolds(api)
    stores = Stores(PostgresLogins(api), *shown, inbox, devices, alarms, models, champions, holds, reports, known)
    client = TestClient(page(stores, HERE, Bell(RungByHand())), HERE.url, headers=OUR_PAGES)
    assert client.post(f"/login/{token.text}").status_code == 200
    return client


def anna(world: AlertWorld) -> int:
    return int(world.one("SELECT id FROM operator WHERE name = 'Anna'"))


def test_an_answer_on_the_page_is_a_label_with_the_incidents_readings_and_everybody_sees_it(
    world: AlertWorld, browser: TestClient
) -> None:
    alert = world.alert()
    key = form_key_in(browser.get("/ui/inbox").text)
    said = {"form_key": key, "verdict": "sensor_fault", "comment": "cable loose"}
    assert browser.post(f"/ui/alerts/{alert}/answer", data=said).url.path == "/ui/inbox"
    ((verdict, comment, by, channel),) = world.rows(
        "SELECT l.verdict, l.comment, o.name, i.channel FROM label l JOIN operator o ON o.id = l.operator"
        " JOIN inbox i ON i.id = l.inbox"
    )
    assert (verdict, comment, by, channel) == ("sensor_fault", "cable loose", "Anna", "page")
    assert world.one("SELECT count(*) FROM labelled_reading") == 2
    assert world.one("SELECT body ->> 'verdict' FROM outbox WHERE kind = 'answered'") == "sensor_fault"
    label = world.one("SELECT id FROM label")
    browser.post(f"/ui/alerts/{alert}/undo", data={"form_key": key, "label": str(label)})
    assert world.rows("SELECT * FROM effective_label") == []
    assert [row.outcome for row in world.rows("SELECT outcome FROM inbox ORDER BY id")] == ["labelled", "undone"]


def test_an_operator_sees_the_alerts_of_the_machines_that_are_subscribed_to_by_any_channel(
    world: AlertWorld, api: Engine
) -> None:
    alert, shown = world.alert(), PostgresShownAlerts(api)
    for name, machine in (("Ben", "press"), ("Cem", None)):
        world.operators.add(Operator(name, "operator", "UTC", None, [Subscription("page", name, machine)]))
    world.operators.add(Operator("Dan", "operator", "UTC", None, []))
    numbers = {row.name: row.id for row in world.rows("SELECT id, name FROM operator")}
    seen = {name: [one.alert for one in shown.newest(number, 10)] for name, number in numbers.items()}
    assert seen == {"Anna": [alert], "Ben": [alert], "Cem": [alert], "Dan": []}
    assert shown.one(numbers["Dan"], alert) is None
    world.operators.remove("Ben")
    assert shown.newest(numbers["Ben"], 10) == []


def test_an_alert_is_shown_as_it_stands_now(world: AlertWorld, api: Engine) -> None:
    first, second = world.alert("press-1"), world.alert("press-2")
    world.hotter(3, "press-2")
    shown = PostgresShownAlerts(api)
    newest: list[ShownAlert] = list(shown.newest(anna(world), 10))
    assert [(one.alert, one.device) for one in newest] == [(second, "press-2"), (first, "press-1")]
    assert (newest[0].probability, newest[0].faults, newest[0].until) == (0.97, 5, None)
    assert (newest[0].severity, newest[0].version) == (Severity.HIGH, "open high")
    assert [sensor.sensor for sensor in newest[0].standing_out] == ["temperature"]
    assert [one.alert for one in shown.newest(anna(world), 1)] == [second]
    assert [one.alert for one in shown.newest(anna(world), 10, second)] == [first]


def test_an_alerts_chart_ends_with_its_incident_or_now(world: AlertWorld, api: Engine) -> None:
    first, shown = world.alert("press-1"), PostgresShownAlerts(api)
    second = world.alert("press-2")
    world.store(a_batch(3, devices=["press-1"] * 3, sensors=[[60.0, 3.0]] * 3, first_offset=6))
    world.store(a_batch(3, devices=["press-1"] * 3, sensors=[[40.0, 3.0]] * 3, first_offset=9))
    courses = shown.courses([first, second, 99], 4)
    assert {alert: course.sensors[0][1] for alert, course in courses.items()} == {
        first: [95.0, 60.0, 60.0, 60.0],
        second: [95.0, 95.0],
    }


def test_what_was_found_out_about_an_alert_is_shown(world: AlertWorld, api: Engine) -> None:
    alert, shown = world.alert(), PostgresShownAlerts(api)
    world.execute(
        "INSERT INTO alert_details VALUES (:alert, CAST(:facts AS jsonb))",
        alert=alert,
        facts=msgspec.json.encode({"pushed": [ShownPush("temperature", 95.0, "°C", 50.0, 80.0, 1.0)]}).decode(),
    )
    (found,) = shown.newest(anna(world), 10)
    assert [(push.sensor, push.share) for push in found.pushed] == [("temperature", 1.0)]
    world.execute("UPDATE alert_details SET facts = jsonb_build_object('unexplained', 'the reading is gone')")
    (found,) = shown.newest(anna(world), 10)
    assert found.pushed == ()


def test_the_alarms_of_the_machines_that_one_follows_are_judged(world: AlertWorld, browser: TestClient) -> None:
    alert = world.alert("press-1")
    key = form_key_in(browser.get("/ui/inbox").text)
    browser.post(f"/ui/alerts/{alert}/answer", data={"form_key": key, "verdict": "false_alarm"})
    html = browser.get("/ui/alarms").text
    assert "1 alarm in the last 7 days" in html
    assert '<a href="/ui/devices/press-1?machine=press">press-1</a>' in html
    assert "100 %" in html
    world.execute("DELETE FROM subscription")
    assert "No alarm in the last 7 days" in browser.get("/ui/alarms").text


def test_the_page_alone_gets_no_message(world: AlertWorld) -> None:
    world.operators.add(Operator("Ben", "engineer", "UTC", None, [Subscription("page", "Ben")]))
    world.alert()
    assert world.rows("SELECT channel FROM outbox") == [("telegram",)]
