"""A digest as a person reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.buttons import Buttons, Press
from alerts.render import ServiceRenderer, TelegramRenderer
from core.ports.chat import OutboxMessage
from tests.fake_telegram.entities import plain_text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUTTONS = Buttons("4242:secret")
render = TelegramRenderer(BUTTONS)


def an_alert(number: int, **more: Any) -> dict[str, Any]:
    return {
        "alert": number,
        "device": f"press-{number}",
        "since": NOON,
        "probability": 0.97,
        "severity": 3,
        "by": "",
        **more,
    }


def a_digest(worst: list[dict[str, Any]], *, repeat: bool = False, edits: str | None = None, **more: Any) -> str:
    return plain_text(render(message(worst, repeat=repeat, edits=edits, **more)).text, "HTML")


def message(
    worst: list[dict[str, Any]], *, repeat: bool = False, edits: str | None = None, **more: Any
) -> OutboxMessage:
    counted = {"alerts": 300, "devices": 298, "answered": 0, "since": NOON, "until": NOON + timedelta(minutes=2)}
    body = {"reason": "at_once", "titles": ["Hydraulic press"], "worst": worst, **counted, **more}
    return OutboxMessage(9, "telegram", "7", "digest", None, body, edits, None, "Europe/Berlin", 1, repeat)


@pytest.mark.parametrize(
    ("kind", "head", "begin"),
    [
        ("silent", "are silent", "the line, the network, or a gateway"),
        ("fault", "show a fault", "their supply, the room, or the model"),
        ("sensor", "have a doubtful sensor", "a gateway, its software, or a unit that was changed"),
    ],
)
def test_a_digest_of_one_cause_names_it_first(kind: str, head: str, begin: str) -> None:
    cause = {"kind": kind, "title": "Hydraulic press", "devices": 42, "of": 45, "within": 60.0}
    lines = a_digest([an_alert(12, kind=kind)], cause=cause).splitlines()
    assert lines[0] == f"⚠ 42 of 45 devices {head}: Hydraulic press"
    assert lines[2] == f"Begin with what they share: {begin}?"


def test_a_digest_says_who_since_when_the_worst_and_how_to_answer() -> None:
    silent = an_alert(13, kind="silent", probability=0.0, severity=1)
    sensor = an_alert(14, kind="sensor", probability=0.0, severity=1)
    assert a_digest([an_alert(12), an_alert(11, probability=0.93), silent, sensor]) == (
        "⚠ 298 devices need attention\n"
        "300 alerts, since 13:00 CET, 1 Mar to 13:02 CET, 1 Mar, at about the same time: perhaps they have one cause\n"
        "Machine: Hydraulic press\n"
        "\n"
        "#12 press-12: high, 97 %, since 13:00 CET, 1 Mar\n"
        "#11 press-11: high, 93 %, since 13:00 CET, 1 Mar\n"
        "#13 press-13: low, no reading since 13:00 CET, 1 Mar\n"
        "#14 press-14: low, a sensor since 13:00 CET, 1 Mar\n"
        "… and 296 more: /open lists what waits\n"
        "/alert_12 shows one whole, with its chart\n"
        "\n"
        "Are these correct? Press a button, or write Y or N and the alert's number: N 12"
    )


def test_a_backlog_says_that_the_chat_was_away() -> None:
    assert "while this chat could not be reached" in a_digest([an_alert(12)], reason="backlog")


def test_a_digest_shows_who_answered_what() -> None:
    shown = a_digest([an_alert(12, verdict="false_alarm", by="Anna"), an_alert(13)], answered=1)
    assert "#12 press-12: high, 97 %, since 13:00 CET, 1 Mar · false alarm (Anna)\n#13" in shown
    assert "Answered: 1 of 300" in shown


def test_a_repeated_digest_says_so_and_an_edited_one_does_not() -> None:
    assert "(possible repeat)" in a_digest([an_alert(12)], repeat=True)
    assert "(possible repeat)" not in a_digest([an_alert(12)], repeat=True, edits="70")


def test_each_alert_that_is_shown_has_its_own_buttons() -> None:
    rows = render(message([an_alert(12), an_alert(13)])).buttons
    assert [[BUTTONS.read(button.data) for button in row] for row in rows] == [
        [Press(12, "y"), Press(12, "n")],
        [Press(13, "y"), Press(13, "n")],
    ]
    assert [button.text for button in rows[1]] == ["✅ #13", "❌ #13"]


@pytest.mark.parametrize("name", ["🔥" * 1000, "&" * 1000, "<b>" * 1000])
def test_a_digest_is_one_that_telegram_takes_whatever_the_devices_are_called(name: str) -> None:
    worst = [an_alert(2**63 - number, device=name, verdict="false_alarm", by=name) for number in range(1, 11)]
    assert a_digest(worst, titles=[name] * 9, repeat=True, answered=10)


def test_where_nobody_can_write_back_a_digest_names_no_command() -> None:
    words = ServiceRenderer("https://faultline.example")(message([an_alert(12)])).text
    assert "/alert_" not in words
    assert "/open" not in words
    assert words.endswith("Are these correct? Answer at https://faultline.example/ui/inbox or in Telegram")
