"""The webhook as Telegram and strangers meet it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from alerts.webhook import Message, Receiver, hook_of
from core.errors import Unavailable, UserError

HOOK = hook_of("https://faults.example.org/telegram", "4242:secret")
UPDATE = b'{"update_id": 7, "message": {"text": "N"}}'


class Taken:
    """Who takes updates; away for as long as it is told to be."""

    def __init__(self) -> None:
        self.updates: list[Mapping[str, Any]] = []
        self.away = False

    async def __call__(self, update: Mapping[str, Any]) -> None:
        if self.away:
            raise Unavailable("the database is away")
        self.updates.append(update)


@pytest.fixture
def taken() -> Taken:
    return Taken()


def status(
    taken: Taken, *pieces: bytes, secret: str | None = HOOK.secret, path: str = "/telegram", **scope: Any
) -> int:
    """Of the answer to a request whose body comes in these pieces."""
    headers = [] if secret is None else [(b"x-telegram-bot-api-secret-token", secret.encode())]
    received = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces[:-1]]
    received.append({"type": "http.request", "body": pieces[-1] if pieces else b"", "more_body": False})
    answered: list[Message] = []

    async def receive() -> Message:
        return received.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    asked = {"type": "http", "method": "POST", "path": path, "headers": headers, **scope}
    asyncio.run(Receiver(HOOK, taken)(asked, receive, send))
    return int(answered[0]["status"])


def test_what_telegram_brings_is_taken(taken: Taken) -> None:
    assert status(taken, UPDATE[:10], UPDATE[10:]) == 200
    assert [update["update_id"] for update in taken.updates] == [7]


@pytest.mark.parametrize("secret", [None, "", HOOK.secret[:-1], HOOK.secret + "0", "ü"])
def test_without_the_secret_nothing_is_looked_at(taken: Taken, secret: str | None) -> None:
    assert status(taken, UPDATE, secret=secret) == 403
    assert status(taken, b"no JSON", secret=secret) == 403
    assert taken.updates == []


def test_what_could_not_be_stored_is_brought_again(taken: Taken) -> None:
    taken.away = True
    assert status(taken, UPDATE) == 503
    taken.away = False
    assert status(taken, UPDATE) == 200


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"7", b'{"update_id": "7"}', b'{"update_id": true}', b"{}"])
def test_what_is_no_update_is_refused(taken: Taken, body: bytes) -> None:
    assert status(taken, body) == 400
    assert taken.updates == []


def test_a_body_without_end_is_refused_before_it_is_all_here(taken: Taken) -> None:
    assert status(taken, *[b"x" * 100_000] * 100) == 413


def test_nothing_else_is_served(taken: Taken) -> None:
    assert status(taken, UPDATE, path="/") == 404
    assert status(taken, UPDATE, method="GET") == 404
    assert taken.updates == []


def test_every_process_knows_the_same_secret_and_no_other_token_has_it() -> None:
    assert hook_of(HOOK.url, "4242:secret") == HOOK
    assert hook_of(HOOK.url, "4242:other").secret != HOOK.secret
    assert "secret" not in HOOK.secret
    assert len(HOOK.secret) == 64


@pytest.mark.parametrize("url", ["http://faults.example.org/x", "faults.example.org", "https:///x", "https://a/b?c=d"])
def test_an_address_that_telegram_does_not_take_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="TELEGRAM_WEBHOOK_URL"):
        hook_of(url, "4242:secret")
