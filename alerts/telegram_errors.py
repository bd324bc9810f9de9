"""The errors of python-telegram-bot under the names that say what to do."""

import os
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Unauthorised, Undeliverable

# The library's own switch: durations as timedelta, without a warning at each flood control.
os.environ.setdefault("PTB_TIMEDELTA", "true")

# Before any byte of the request left us.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def named(error: TelegramError, token: str) -> FaultlineError:
    """What the caller must do. The token, which is part of every address, is not in it.

    BadRequest and TimedOut are kinds of NetworkError there, so the definite answers come first.
    """
    reason = str(error).replace(token, "***")
    match error:
        case InvalidToken():
            return Unauthorised("TELEGRAM_BOT_TOKEN was rejected: copy it anew from @BotFather")
        case RetryAfter():
            return NotSent(reason, _seconds(error.retry_after))
        case ChatMigrated():
            return ChatMoved(str(error.new_chat_id))
        case Conflict():
            return NotSent(f"another process takes the bot's replies: {reason}")
        case Forbidden() | BadRequest():
            return Undeliverable(reason)
        case _ if isinstance(error.__cause__, _NEVER_LEFT):
            return NotSent(reason)
        case _:
            return SendUnclear(reason)


def _seconds(duration: int | timedelta) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)
