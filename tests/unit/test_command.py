"""What people ask the bot for, and what it answers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.buttons import Buttons
from alerts.render import TelegramRenderer
from core.command import MENU, Asked, Command, alert_named, read_command, slashed
from core.ports.chat import OutboxMessage
from tests.fake_telegram.entities import plain_text

render = TelegramRenderer(Buttons("4242:secret"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).isoformat()


def told(command: Command, **facts: object) -> str:
    body: dict[str, Any] = {"command": command.value, "by": "Anna", **facts}
    nowhere: dict[str, Any] = {"alert": None, "edits": None, "replies_to": None, "possible_repeat": False}
    message = OutboxMessage(1, "telegram", "7", "told", body=body, zone="Europe/Berlin", tries=1, **nowhere)
    return plain_text(render(message).text, "HTML")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("/open", Asked(Command.OPEN)),
        (" /OPEN ", Asked(Command.OPEN)),
        ("/open@faultline_bot", Asked(Command.OPEN)),
        ("/start abc  def", Asked(Command.START, "abc  def")),
        ("/alert 12", Asked(Command.ALERT, "12")),
        ("/alert_12", Asked(Command.ALERT, "12")),
        ("/Alert_12@faultline_bot", Asked(Command.ALERT, "12")),
        ("/alert_", None),
        ("/alert_twelve", None),
        ("/openly", None),
        ("open", None),
        ("/", None),
        ("", None),
    ],
)
def test_a_command_is_its_first_word(text: str, asked: Asked | None) -> None:
    assert read_command(text) == asked


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    asked = read_command(text)
    assert asked is None or text.strip().startswith("/")


def test_help_lists_every_command_of_the_menu() -> None:
    words = told(Command.HELP)
    assert all(f"/{command} " in words for command in MENU)
    assert "reply Y (real fault) or N (false alarm)" in words


@pytest.mark.parametrize(("argument", "alert"), [("12", 12), ("#12", 12), ("", None), ("press-3", None), ("²", None)])
def test_an_alert_is_named_by_its_number(argument: str, alert: int | None) -> None:
    assert alert_named(argument) == alert


def test_who_asks_for_an_alert_that_was_not_told_hears_where_alerts_are_listed() -> None:
    listed = "/open lists those that wait, as in: /alert 12"
    assert told(Command.ALERT) == f"Which alert? {listed}"
    assert told(Command.ALERT, argument="<99>") == f"You were told of no alert <99>. {listed}"


def test_open_lists_what_waits_worst_news_last_seen_first() -> None:
    alerts = [
        {"alert": 13, "device": "press-<4>", "kind": "silent", "since": NOON, "probability": 0.0, "over": True},
        {"alert": 12, "device": "press-3", "kind": "fault", "since": NOON, "probability": 0.97, "over": False},
    ]
    alerts[1]["severity"] = 3
    assert told(Command.OPEN, alerts=alerts, waiting=2).splitlines() == [
        "2 alerts wait for an answer. Reply to their messages, or write Y or N and the number: N 13",
        "#13 press-<4> · low, silent since 13:00 CET, 1 Mar · over",
        "#12 press-3 · high, 97 % since 13:00 CET, 1 Mar",
    ]


def test_open_says_how_many_it_does_not_list_and_when_there_is_none() -> None:
    one = {"alert": 12, "device": "press-3", "kind": "fault", "since": NOON, "probability": 0.97, "over": False}
    assert told(Command.OPEN, alerts=[one], waiting=30).endswith("and 29 older ones")
    assert told(Command.OPEN, alerts=[], waiting=0) == "No alert waits for an answer."


def test_me_says_who_one_is_and_what_one_gets() -> None:
    words = told(Command.ME, role="engineer", zone="Europe/Berlin", machines=["press", None], answers=3)
    assert words.splitlines() == [
        "Anna, engineer. Times are shown for Europe/Berlin.",
        "Alerts here: of every machine.",
        "Your answers so far: 3.",
    ]
    assert "Alerts here: of press, pump." in told(
        Command.ME, role="operator", zone="UTC", machines=["pump", "press"], answers=0
    )
    assert "Alerts here: none." in told(Command.ME, role="operator", zone="UTC", machines=[], answers=0)


def test_devices_are_listed_with_their_latest_score() -> None:
    devices = [
        {"machine": "press", "device": "press-3", "time": NOON, "score": 0.97, "in_trouble": True},
        {"machine": "press", "device": "press-4", "time": NOON, "score": None, "in_trouble": False},
        {"machine": "press", "device": "press-5", "time": None, "score": None, "in_trouble": False},
    ]
    assert told(Command.DEVICES, devices=devices).splitlines() == [
        "⚠ press-3: 97 %, 13:00 CET, 1 Mar",
        "press-4: not scored, 13:00 CET, 1 Mar",
        "press-5: no reading lately",
    ]
    assert told(Command.DEVICES, argument="x", devices=[]) == "You follow no device named like x."


def test_status_is_a_table_of_the_latest_readings() -> None:
    course = {
        "machine": "press",
        "times": [NOON, NOON],
        "scores": [0.974, None],
        "sensors": [["temperature", [95.01, 7.5]], ["<vibration>", [None, 3.0]]],
    }
    assert told(Command.STATUS, argument="press-3", courses=[course]).splitlines() == [
        "press-3 (press)",
        "2 latest readings, newest first; the last at 13:00 CET, 1 Mar",
        "Nothing is wrong with it: no incident is open.",
        "fault         97%   -",
        "temperature 95.01 7.5",
        "<vibration>     -   3",
    ]


def test_status_says_which_alert_stands_for_an_open_incident() -> None:
    course = {"machine": "pc1", "times": [NOON], "scores": [0.9], "sensors": [["load", [99.0]]]}
    trouble = {"alert": 12, "since": NOON, "until": None}
    words = told(Command.STATUS, argument="pc1", courses=[course | {"trouble": trouble}])
    assert "⚠ It needs attention: an incident is open since 13:00 CET, 1 Mar, alert #12." in words
    over = told(Command.STATUS, argument="pc1", courses=[course | {"trouble": trouble | {"until": NOON}}])
    assert "no incident is open" in over


@pytest.mark.parametrize(
    ("text", "name"),
    [("/pc1", "pc1"), (" /PC1@faultline_bot ", "pc1"), ("/pc1 now", ""), ("pc1", ""), ("/", ""), ("", "")],
)
def test_a_name_behind_a_slash_is_read(text: str, name: str) -> None:
    assert slashed(text) == name


def test_status_of_no_device_or_an_unknown_one_says_how_to_find_it() -> None:
    assert told(Command.STATUS) == "Which device? /devices lists them, as in: /status press-3"
    assert told(Command.STATUS, argument="pres").startswith("You follow no device named pres.")


def test_no_answer_is_longer_than_telegram_takes() -> None:
    sensors = [[f"{'s' * 44}{number:04}", [-12345.678] * 4] for number in range(1000)]
    course = {"machine": "m" * 48, "times": [NOON] * 4, "scores": [0.5] * 4, "sensors": sensors}
    assert len(told(Command.STATUS, argument="d" * 4000, courses=[course] * 3)) <= 4096
    machines = [f"{'m' * 44}{number:04}" for number in range(500)]
    assert len(told(Command.ME, role="operator", zone="UTC", machines=machines, answers=3)) <= 4096
    alert = {"alert": 2**63 - 1, "device": "d" * 500, "kind": "sensor", "since": NOON, "probability": 0.5, "over": True}
    shelved = {"device": "d" * 500, "until": NOON, "by": "b" * 500, "reason": "r" * 4000}
    assert len(told(Command.OPEN, alerts=[alert] * 20, waiting=10**9, shelved=[shelved] * 5)) <= 4096
    device = {"machine": "m", "device": "d" * 500, "time": NOON, "score": None, "in_trouble": True}
    assert len(told(Command.DEVICES, devices=[device] * 20)) <= 4096


def test_how_a_retraining_ended_says_where_its_report_is() -> None:
    ended = {"machine": "press 1", "state": "refused", "reason": "no better", "report": "ab12"}
    assert told(Command.RETRAIN, ended=ended) == "Refused: press 1. no better"
    body: dict[str, Any] = {"command": "retrain", "by": "Anna", "ended": ended}
    nowhere: dict[str, Any] = {"alert": None, "edits": None, "replies_to": None, "possible_repeat": False}
    message = OutboxMessage(1, "telegram", "7", "told", body=body, zone="UTC", tries=1, **nowhere)
    rendered = TelegramRenderer(Buttons("4242:secret"), "https://faults.example/")(message)
    assert rendered.text.endswith("\nhttps://faults.example/ui/machines/press%201/reports/ab12")
