"""What a person reads."""

from typing import Any

import pytest

from alerts.buttons import Buttons
from alerts.render import ConsoleRenderer, TelegramRenderer
from core.errors import Undeliverable
from core.ports.chat import OutboxMessage
from tests.fake_telegram.entities import plain_text

BODY = {
    "alert": 12,
    "machine": "press",
    "title": "Hydraulic press",
    "device": "press-3",
    "since": "2026-03-01T12:04:00+00:00",
    "probability": 0.873,
    "severity": 2,
    "standing_out": [
        {"sensor": "vibration", "value": 9.1342, "unit": "mm/s", "low": 1.0, "high": 6.25, "excess": 2.5},
    ],
    "model_version": 3,
    "advice": "Check the bearing.",
}
render = TelegramRenderer(Buttons("4242:secret"))


def a_message(kind: str = "alert", body: dict[str, Any] = BODY, **fields: Any) -> OutboxMessage:
    defaults: dict[str, Any] = {"edits": None, "replies_to": None, "tries": 1, "possible_repeat": False}
    alert = body.get("alert")
    return OutboxMessage(
        **{"id": 1, "channel": "telegram", "address": "7", "zone": "Europe/Berlin", **defaults, **fields},
        kind=kind,
        alert=alert,
        body=body,
    )


def test_an_alert_says_all_that_a_person_needs() -> None:
    assert plain_text(render(a_message()).text, "HTML") == (
        "🟠 Medium · Your device press-3 needs attention\n"
        "87 % likely a fault · since 13:04 CET, 1 Mar\n"
        "Machine: Hydraulic press\n"
        "• vibration: 9.134 mm/s (usually 1 to 6.25)\n"
        "Check the bearing.\n"
        "Alert #12 · model v3\n"
        "\n"
        "Is this correct? Reply Y/N"
    )


def test_an_alert_of_a_model_that_knows_normal_readings_alone_says_how_abnormal() -> None:
    (line,) = [one for one in render(a_message(body=BODY | {"task": "one_class"})).text.splitlines() if " %" in one]
    assert line == "87 % abnormal · since 13:04 CET, 1 Mar"


def test_an_alert_of_a_machine_with_several_defects_tells_the_likeliest() -> None:
    defects = [{"defect": "Z_Scratch", "probability": 0.62}, {"defect": "Bumps", "probability": 0.21}]
    pushed = [{"sensor": "area", "value": 3.0, "unit": "", "low": None, "high": None, "share": 0.8}]
    said = plain_text(
        render(a_message(body=BODY | {"defects": defects, "pushed": pushed, "spoke_for": "Z_Scratch"})).text, "HTML"
    )
    assert "Mar\nMost likely: Z_Scratch 62 %, Bumps 21 %\nMachine" in said
    assert "What spoke for Z_Scratch:\n• area: 3 (80 % of it)" in said


def test_who_does_not_see_the_right_defect_gets_a_button_for_each() -> None:
    body = BODY | {"defects": [{"defect": "Stains", "probability": 0.62}], "choices": ["Bumps", "Stains", "Pastry"]}
    assert "Is this correct? Reply Y/N, or the defect" in render(a_message(body=body)).text
    few, all_of_them = (
        [
            button.text
            for row in render(a_message("answered", body | more)).buttons
            for button in row
            if "🔎" in button.text
        ]
        for more in ({}, {"all_defects": True})
    )
    assert few == ["🔎 Stains", "🔎 Another…"]
    assert all_of_them == ["🔎 Bumps", "🔎 Stains", "🔎 Pastry"]
    named = {"verdict": "fault", "defect": "Pastry", "by": "Dina", "label": 3}
    assert plain_text(render(a_message("answered", body | named)).text, "HTML").endswith(
        "Answer: real fault: Pastry (Dina)"
    )
    assert "./run reply 12 y|n, or --defect NAME" in ConsoleRenderer("./run")(a_message(body=body)).text


def test_an_alert_has_a_button_for_each_answer() -> None:
    words = [[button.text for button in row] for row in render(a_message()).buttons]
    assert words == [["✅ Real fault", "❌ False alarm"], ["🔧 Maintenance", "📟 Sensor fault"], ["❓ Not sure"]]


def test_an_answered_alert_says_what_and_by_whom_and_can_still_be_corrected() -> None:
    answer = {"verdict": "false_alarm", "by": "Anna & Ben", "answered": "2026-03-01T12:10:00+00:00", "label": 3}
    edited = render(a_message("answered", BODY | answer))
    assert plain_text(edited.text, "HTML").endswith("Answer: false alarm (Anna & Ben, 13:10 CET, 1 Mar)")
    assert [button.text for button in edited.buttons[-1]] == ["↩ Undo"]


def test_a_reason_stands_beside_its_answer() -> None:
    answer = {"verdict": "false_alarm", "by": "Anna", "comment": "door <open>"}
    assert plain_text(render(a_message("answered", BODY | answer)).text, "HTML").endswith("(Anna): door <open>")


def test_a_dispute_is_explained_below_the_answer() -> None:
    said = [
        {"label": n, "operator": n, "by": by, "verdict": verdict, "at": "2026-03-01T12:00:00+00:00"}
        for n, (by, verdict) in enumerate((("A<b>nna", "false_alarm"), ("Ben", "fault")), 1)
    ]
    text = render(a_message("answered", {**BODY, "verdict": "fault", "by": "Ben", "said": said})).text
    assert "A&lt;b&gt;nna said false alarm (13:00 CET, 1 Mar), Ben real fault" in text
    assert text.endswith("Ben's, the later, counts until an engineer settles it.")


def test_an_answer_that_was_taken_back_leaves_the_question() -> None:
    edited = render(a_message("answered", BODY))
    assert edited.text.endswith("Reply Y/N")
    assert [button.text for button in edited.buttons[-1]] == ["❓ Not sure"]


def test_a_possible_repeat_says_so() -> None:
    assert "(possible repeat) #12" in render(a_message(possible_repeat=True)).text
    assert "(possible repeat)" not in render(a_message("answered", possible_repeat=True)).text


@pytest.mark.bad_input("`<b>`, `&`, Markdown or a URL in a device name, text past 4096 characters")
@pytest.mark.parametrize("name", ["<b>press</b>", "a&b", "*press*_1_", "https://evil.example", "@everybody", "/start"])
def test_a_device_name_is_shown_as_text_whatever_it_contains(name: str) -> None:
    text = render(a_message(body=BODY | {"device": name})).text
    assert plain_text(text, "HTML").startswith(f"🟠 Medium · Your device {name} needs attention\n")
    assert "<code>" in text.splitlines()[0], "what stands in <code> is never made a link, a mention or a command"


@pytest.mark.parametrize(("severity", "head"), [(1, "🟡 Low · "), (2, "🟠 Medium · "), (3, "🔴 High · ")])
def test_a_lock_screen_shows_how_severe_it_is_in_words(severity: int, head: str) -> None:
    assert render(a_message(body=BODY | {"severity": severity})).text.startswith(head)


def test_an_alert_that_became_worse_says_so_first_and_how_long_it_has_lasted() -> None:
    worse = plain_text(
        render(a_message("again", BODY | {"again": "worse", "severity": 3, "lasted": 7500})).text, "HTML"
    )
    assert worse.startswith("🔴 Now high · Your device press-3 needs attention\n")
    assert "87 % likely a fault · since 13:04 CET, 1 Mar, for 2 h 5 min\n" in worse
    assert "\nTold again: alert #12 · model v3\n" in worse


def test_a_reminder_says_that_nobody_answered_and_can_be_answered() -> None:
    reminder = render(a_message("again", BODY | {"again": "reminder"}))
    assert plain_text(reminder.text, "HTML").startswith("🟠 Medium, still unanswered · Your device press-3 needs")
    assert reminder.buttons == render(a_message()).buttons


PUSHED = [
    {"sensor": "vibration", "value": 9.1342, "unit": "mm/s", "low": 1.0, "high": 6.25, "share": 0.71},
    {"sensor": "pressure", "value": None, "unit": "bar", "low": None, "high": None, "share": 0.29},
]


def test_an_explained_alert_names_the_sensors_that_pushed_it() -> None:
    text = plain_text(render(a_message("explained", BODY | {"pushed": PUSHED})).text, "HTML")
    assert (
        "What spoke for a fault:\n"
        "• vibration: 9.134 mm/s (usually 1 to 6.25, 71 % of it)\n"
        "• pressure: absent (29 % of it)\n"
        "Check the bearing.\n"
    ) in text


def test_an_alert_that_could_not_be_explained_says_why() -> None:
    text = render(a_message("explained", BODY | {"unexplained": "S3 <away>"})).text
    assert "• vibration: 9.134 mm/s (usually 1 to 6.25)\nCould not be explained: S3 &lt;away&gt;\n" in text


def test_the_console_prints_the_explanation_alone() -> None:
    printed = ConsoleRenderer("./run")(a_message("explained", BODY | {"pushed": PUSHED[:1]})).text
    assert printed == (
        "Alert #12, press-3:\nWhat spoke for a fault:\n• vibration: 9.134 mm/s (usually 1 to 6.25, 71 % of it)"
    )


def test_an_unknown_zone_is_read_as_utc() -> None:
    assert "since 12:04 UTC, 1 Mar" in render(a_message(zone="Atlantis/City")).text


@pytest.mark.parametrize(("probability", "words"), [(1.0, "over 99 %"), (0.0, "under 1 %"), (0.5, "50 %")])
def test_no_probability_is_certain(probability: float, words: str) -> None:
    assert words in render(a_message(body=BODY | {"probability": probability})).text


def test_the_console_says_how_to_answer() -> None:
    printed = ConsoleRenderer("./run")(a_message(body=BODY | {"device": "<3"}))
    assert printed.text.endswith("Is this correct? Answer with: ./run reply 12 y|n")
    assert "Your device <3 needs attention" in printed.text
    assert printed.buttons == ()


def test_the_console_says_that_an_answer_was_taken_back() -> None:
    assert ConsoleRenderer("./run")(a_message("answered")).text == "Alert #12, press-3. The answer was taken back."


def test_a_text_is_shown_as_it_is() -> None:
    assert render(a_message("text", {"text": "v4 < v5"})).text == "v4 &lt; v5"


@pytest.mark.parametrize(("kind", "body"), [("alert", {"alert": 12}), ("poem", {}), ("receipt", {"outcome": "lost"})])
def test_a_message_that_nobody_can_read_is_undeliverable(kind: str, body: dict[str, Any]) -> None:
    with pytest.raises(Undeliverable):
        render(a_message(kind, body))


QUESTION = {
    "question": 7,
    "machine": "press",
    "device": "press-3",
    "time": "2026-03-01T12:04:00+00:00",
    "probability": 0.31,
    "pool": "band",
    "sensor": "vibration",
    "above": True,
    "readings": [["vibration", 5.5]],
}


def test_a_question_on_the_console_says_how_to_answer_it_there() -> None:
    printed = ConsoleRenderer("./run")(a_message("question", QUESTION))
    assert printed.text.endswith("question #7\n\nWas this a fault? Answer with: ./run reply q7 y|n")


def test_an_answer_to_a_question_is_one_line_on_the_console() -> None:
    answered = QUESTION | {"verdict": "false_alarm", "by": "Anna"}
    printed = ConsoleRenderer("./run")(a_message("question", answered, edits="printed"))
    assert printed.text == "Question #7, press-3. Answer: no fault (Anna)"
    taken_back = ConsoleRenderer("./run")(a_message("question", QUESTION, edits="printed"))
    assert taken_back.text == "Question #7, press-3. The answer was taken back."
