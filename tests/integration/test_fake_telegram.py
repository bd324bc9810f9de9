"""The stand-in for Telegram says no where Telegram does, and can be used by hand."""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.fake_telegram.client import Chats, running
from tests.fake_telegram.world import World


def call(chats: Chats, path: str, **arguments: Any) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(chats.url).netloc, timeout=10)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST" if arguments else "GET", path, urlencode(arguments) or None, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def send(chats: Chats, **arguments: Any) -> tuple[int, str]:
    return call(chats, f"/bot{chats.token}/sendMessage", **{"chat_id": 7, "parse_mode": "HTML", **arguments})


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "🔥" * 2049}, "message is too long"),
        ({"text": "a < b"}, "can't parse entities"),
        ({"text": "<b>open"}, "Can't find end tag"),
        ({"text": "</b>"}, "Unexpected end tag"),
        ({"text": "<press>"}, "Unsupported start tag"),
        ({"text": "x", "chat_id": "somewhere"}, "chat not found"),
        ({"text": "x", "reply_parameters": '{"message_id": 99}'}, "message to be replied not found"),
        (
            {
                "text": "x",
                "reply_markup": json.dumps({"inline_keyboard": [[{"text": "a", "callback_data": "x" * 65}]]}),
            },
            "BUTTON_DATA_INVALID",
        ),
    ],
)
def test_a_bad_message_is_refused(arguments: dict[str, Any], reason: str) -> None:
    with running() as chats:
        status, answer = send(chats, **arguments)
        assert (status, chats.messages()) == (400, [])
        assert reason in json.loads(answer)["description"]


def test_the_limit_counts_what_people_see() -> None:
    with running() as chats:
        assert send(chats, text="&amp;" * 4096)[0] == 200


def test_an_unknown_token_and_an_unknown_method_are_refused() -> None:
    with running() as chats:
        assert call(chats, "/bot1:wrong/getMe")[0] == 401
        assert call(chats, f"/bot{chats.token}/getNothing")[0] == 404


def test_a_person_reads_and_answers_on_the_page() -> None:
    keyboard = json.dumps({"inline_keyboard": [[{"text": "Yes", "callback_data": "1:y"}]]})
    with running() as chats:
        send(chats, text="Is &lt;this&gt; correct?", reply_markup=keyboard)
        status, page = call(chats, "/")
        assert (status, "Is &lt;this&gt; correct?" in page, ">Yes</button>" in page) == (200, True, True)
        assert call(chats, "/control/press", user=7, chat=7, message_id=1, button=0)[0] == 303
        updates = json.loads(call(chats, f"/bot{chats.token}/getUpdates")[1])["result"]
        assert [update["callback_query"]["data"] for update in updates] == ["1:y"]


def test_what_a_server_remembers_survives_it(tmp_path: Path) -> None:
    world = World.load(4242, tmp_path / "chats.json")
    with world.changed:
        world.post(7, 4242, "hello", "<b>hello</b>")
        number = world.update(message={"text": "Y"})
        world.save()
    again = World.load(4242, tmp_path / "chats.json")
    assert [message.text for message in again.messages] == ["hello"]
    assert [update["update_id"] for update in again.updates] == [number]
