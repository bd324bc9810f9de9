"""What each failure of Telegram means for the sender."""

from datetime import timedelta

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from alerts.telegram_errors import named
from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Unauthorised, Undeliverable

TOKEN = "4242:secret"


def caused(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (BadRequest("chat not found"), Undeliverable),
        (Forbidden("bot was blocked by the user"), Undeliverable),
        (ChatMigrated(-100), ChatMoved),
        (RetryAfter(timedelta(seconds=7)), NotSent),
        (Conflict("another getUpdates"), NotSent),
        (InvalidToken("Unauthorized"), Unauthorised),
        (caused(NetworkError("refused"), httpx.ConnectError("refused")), NotSent),
        (caused(TimedOut(), httpx.ConnectTimeout("slow")), NotSent),
        (caused(TimedOut(), httpx.PoolTimeout("busy")), NotSent),
        (caused(TimedOut(), httpx.ReadTimeout("slow")), SendUnclear),
        (caused(TimedOut(), httpx.WriteTimeout("slow")), SendUnclear),
        (caused(NetworkError("broken"), httpx.RemoteProtocolError("closed")), SendUnclear),
        (caused(NetworkError("broken"), httpx.ReadError("reset")), SendUnclear),
        (NetworkError("Internal Server Error"), SendUnclear),
        (NetworkError("Bad Gateway"), SendUnclear),
        (TelegramError("Invalid server response"), SendUnclear),
    ],
)
def test_each_failure_says_what_to_do(error: TelegramError, meaning: type[FaultlineError]) -> None:
    assert type(named(error, TOKEN)) is meaning


def test_flood_control_says_for_how_long() -> None:
    found = named(RetryAfter(timedelta(seconds=7)), TOKEN)
    assert isinstance(found, NotSent)
    assert found.retry_after == 7.0


def test_no_error_holds_the_token() -> None:
    found = named(NetworkError(f"cannot reach /bot{TOKEN}/sendMessage"), TOKEN)
    assert TOKEN not in str(found)
    assert TOKEN not in str(named(InvalidToken(f"the token {TOKEN} was rejected"), TOKEN))
