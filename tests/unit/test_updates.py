"""What is read out of Telegram's updates."""

import json
from typing import Any

import pytest

from alerts.buttons import Buttons
from alerts.updates import Read, read_update
from core.reply import Refusal

BOT, ANNA = 4242, 11
BUTTONS = Buttons("4242:secret")
OURS = {"message_id": 70, "chat": {"id": ANNA}, "from": {"id": BOT, "is_bot": True}, "date": 1}


def read(**content: Any) -> Read:
    return read_update({"update_id": 500, **content}, BUTTONS, BOT)


def a_message(**more: Any) -> dict[str, Any]:
    return {"message_id": 71, "chat": {"id": ANNA}, "from": {"id": ANNA}, "date": 1, "text": "Y", **more}


def test_a_written_answer_knows_its_sender_and_the_message_it_answers() -> None:
    reply = read(message=a_message(reply_to_message=OURS)).reply
    assert (reply.update_id, reply.sender, reply.chat, reply.text) == (500, "11", "11", "Y")
    assert (reply.reference, reply.replies_to, reply.refusal) == ("71", "70", None)


def test_the_alert_is_known_by_the_buttons_of_the_message_that_is_answered() -> None:
    buttons = [[{"text": button.text, "callback_data": button.data} for button in row] for row in BUTTONS.of(12)]
    quoted = {**OURS, "reply_markup": {"inline_keyboard": buttons}}
    assert read(message=a_message(reply_to_message=quoted)).reply.alert == 12
    by_another = {**quoted, "from": {"id": 12}}
    assert read(message=a_message(reply_to_message=by_another)).reply.alert is None
    assert read(message=a_message(reply_to_message=OURS)).reply.alert is None


def test_a_reply_to_a_digest_names_no_alert_though_its_buttons_do() -> None:
    buttons = [
        [{"text": button.text, "callback_data": button.data} for button in row] for row in BUTTONS.of_each([12, 13])
    ]
    quoted = {**OURS, "reply_markup": {"inline_keyboard": buttons}}
    reply = read(message=a_message(reply_to_message=quoted)).reply
    assert (reply.alert, reply.replies_to) == (None, "70")
    named = read(message=a_message(reply_to_message=quoted, text="n 13")).reply
    assert (named.alert, named.text) == (13, "n")


@pytest.mark.parametrize("text", ["N 14", "no #14", "n, 14.", " NO  14 ", "not sure: 14"])
def test_an_answer_may_name_its_alert(text: str) -> None:
    reply = read(message=a_message(text=text)).reply
    assert (reply.alert, reply.text.lower()[0]) == (14, "n")
    assert json.loads(reply.raw)["message"]["text"] == text


@pytest.mark.parametrize("text", ["14", "perhaps 14", "n 0", "n 14 15", "no 14 of them", f"n {10**18}"])
def test_a_number_beside_other_words_names_no_alert(text: str) -> None:
    reply = read(message=a_message(text=text)).reply
    assert (reply.alert, reply.text) == (None, text)


def test_a_number_that_people_write_to_each_other_in_a_group_names_no_alert() -> None:
    assert read(message=a_message(text="no 14", chat={"id": -5})).reply.alert is None
    assert read(message=a_message(text="no 14", chat={"id": -5}, reply_to_message=OURS)).reply.alert == 14


def test_the_message_that_is_answered_says_more_than_a_number_does() -> None:
    buttons = [[{"text": button.text, "callback_data": button.data} for button in row] for row in BUTTONS.of(12)]
    quoted = {**OURS, "reply_markup": {"inline_keyboard": buttons}}
    reply = read(message=a_message(reply_to_message=quoted, text="n 14")).reply
    assert (reply.alert, reply.text) == (12, "n 14")


def test_a_reply_to_another_person_is_no_reply_to_us() -> None:
    quoted = {**OURS, "from": {"id": 12}}
    assert read(message=a_message(reply_to_message=quoted)).reply.replies_to is None


def test_a_button_is_read_as_the_answer_it_stands_for() -> None:
    data = BUTTONS.of(12)[0][1].data
    found = read(callback_query={"id": "9", "from": {"id": ANNA}, "data": data, "message": OURS})
    assert (found.press, found.reply.alert, found.reply.text, found.reply.chat) == ("9", 12, "n", "11")
    assert found.reply.refusal is None


def test_a_button_whose_message_is_gone_is_still_read() -> None:
    data = BUTTONS.of(12)[0][0].data
    found = read(callback_query={"id": "9", "from": {"id": ANNA}, "data": data})
    assert (found.reply.alert, found.reply.chat) == (12, "11")


@pytest.mark.parametrize("data", ["", "12:y", "12:y:AAAAAAAAAAAAAAAA", "\ud800"])
def test_a_forged_button_is_refused_and_names_no_alert(data: str) -> None:
    reply = read(callback_query={"id": "9", "from": {"id": ANNA}, "data": data, "message": OURS}).reply
    assert (reply.refusal, reply.alert, reply.text) == (Refusal.FORGED, None, "")


@pytest.mark.parametrize("shared", [1087968824, 136817688, 777000])
def test_ids_that_many_people_share_are_refused(shared: int) -> None:
    assert read(message=a_message(**{"from": {"id": shared}})).reply.refusal is Refusal.SHARED_SENDER
    data = BUTTONS.of(12)[0][0].data
    pressed = read(callback_query={"id": "9", "from": {"id": shared}, "data": data, "message": OURS})
    assert pressed.reply.refusal is Refusal.SHARED_SENDER


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ({"message": a_message(forward_origin={"type": "user"})}, Refusal.FORWARDED),
        ({"message": a_message(forward_date=1)}, Refusal.FORWARDED),
        ({"message": a_message(sender_chat={"id": -100})}, Refusal.SHARED_SENDER),
        ({"edited_message": a_message()}, Refusal.EDITED),
    ],
)
def test_what_a_person_did_not_write_just_now_is_refused(content: dict[str, Any], refusal: Refusal) -> None:
    assert read(**content).reply.refusal is refusal


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"poll": {"id": "1"}},
        {"message": "not an object"},
        {"message": {"message_id": 1, "chat": {"id": -5}}},
        {"message": a_message(text=None)},
        {"callback_query": {"id": 9}},
    ],
)
def test_an_update_that_says_nothing_to_us_is_kept_and_not_for_us(content: dict[str, Any]) -> None:
    reply = read(**content).reply
    assert json.loads(reply.raw) == {"update_id": 500, **content}
    assert not reply.is_for_us


def test_the_update_is_kept_untouched() -> None:
    content = {"message": a_message(text="Y \ud83d", new_field={"a": [1]}, emoji="🔥\x00")}
    assert json.loads(read(**content).reply.raw) == {"update_id": 500, **content}
