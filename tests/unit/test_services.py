"""One-way services, before a server of the tests that takes what they are sent."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from alerts.render import ServiceRenderer
from alerts.services import Services, named_services, send_past_the_outbox
from core.errors import NotSent, Undeliverable, UserError
from core.ports.chat import Rendered
from tests.rooms import Room, room_of_json
from tests.unit.test_alert_text import a_message

ALERT = Rendered("⚠ Your device <T&7> needs attention\n93 % likely a fault\nIs this correct? Answer on the page")


@pytest.fixture
def room() -> Iterator[Room]:
    with room_of_json() as room:
        yield room


def send(urls: str, message: Rendered = ALERT) -> Sequence[str]:
    services = named_services("NOTIFY_URLS", urls)
    return [asyncio.run(Services(services).send(name, message)) for name in services]


def test_the_first_line_is_the_title_and_nothing_is_read_as_markup(room: Room) -> None:
    send(f"{room.url}/open")
    (message,) = room.messages
    assert message["title"] == "⚠ Your device <T&7> needs attention"
    assert message["message"] == "93 % likely a fault\nIs this correct? Answer on the page"


def test_a_message_of_one_line_arrives_once(room: Room) -> None:
    send(f"{room.url}/open", Rendered("A partition halted"))
    (message,) = room.messages
    assert (message["title"], message["message"]) == ("", "A partition halted")


def test_a_service_that_refuses_gets_it_again_later(room: Room) -> None:
    with pytest.raises(NotSent, match=r"did not take it: .*403"):
        send(f"{room.url}/closed")
    with pytest.raises(NotSent, match="did not take it"):
        send("json://127.0.0.1:1/nobody-listens")


def test_names_show_no_secret_and_stay_the_same() -> None:
    urls = "slack://Tsecret11/Bsecret22/Csecret3333333333333333 json://user:secret@example.org/x"
    names = list(named_services("NOTIFY_URLS", urls))
    assert [name.partition("-")[0] for name in names] == ["slack", "json"]
    assert "secret" not in "".join(names)
    assert names == list(named_services("ENGINEER_URLS", urls))


@pytest.mark.parametrize("url", ["slack", "nobody://knows/this", "mailto://", "https://", "\x1b[31m://x"])
def test_a_url_that_apprise_does_not_take_is_named_by_its_place(url: str) -> None:
    with pytest.raises(UserError, match=r"NOTIFY_URLS: its URL number 2 \(") as error:
        named_services("NOTIFY_URLS", f"json://example.org {url}")
    assert "\x1b" not in str(error.value)


def test_a_message_to_a_service_that_is_named_no_more_is_given_up() -> None:
    with pytest.raises(Undeliverable, match="neither NOTIFY_URLS nor ENGINEER_URLS"):
        asyncio.run(Services({}).send("slack-1a2b3c4d", ALERT))


def test_an_answer_rings_nobody_a_second_time(room: Room) -> None:
    services = named_services("NOTIFY_URLS", f"{room.url}/open")
    (name,) = services
    asyncio.run(Services(services).edit(name, "sent 1", ALERT))
    assert room.messages == []


def test_words_past_the_outbox_reach_every_service_that_takes_them(room: Room) -> None:
    services = named_services("ENGINEER_URLS", f"{room.url}/one {room.url}/closed {room.url}/two")
    with pytest.raises(NotSent, match="403"):
        send_past_the_outbox(services, "nobody sends messages")
    assert [message["message"] for message in room.messages] == ["nobody sends messages"] * 2


def test_who_cannot_answer_there_is_told_where() -> None:
    here, somewhere = ServiceRenderer("https://faults.example.org/"), ServiceRenderer("")
    assert "Is this correct? Answer at https://faults.example.org/ui/inbox or in Telegram" in here(a_message()).text
    assert "Is this correct? Answer on the page or in Telegram" in somewhere(a_message()).text
