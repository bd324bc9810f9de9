"""The demo's page: on its usual port or a free one, and who is let in."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec

from app.prepare import CONSOLE_OPERATOR, ensure_operator
from app.settings import Settings
from app.wiring import database
from core.errors import UserError
from db.operators import Operator, PostgresOperators, Subscription
from local.ports import choose, is_free

_START_S = 60.0


def on_a_free_port(settings: Settings) -> Settings:
    """The settings with a port that is free: another one where theirs is taken, because a demo should just run."""
    if settings.page_port and is_free(settings.page_port):
        return settings
    return msgspec.structs.replace(settings, page_port=choose(["page"], {}, {})["page"])


def visitor(settings: Settings) -> str:
    """The name of somebody who follows a machine, and so sees alerts; where there is nobody, one for the page alone."""
    following = [one.name for one in PostgresOperators(database(settings, "alerts")).active() if one.subscriptions]
    if CONSOLE_OPERATOR in following:
        return CONSOLE_OPERATOR
    if following:
        return following[0]
    ensure_operator(settings, Operator("page", "engineer", "UTC", None, [Subscription("page", "page")]))
    return "page"


def wait_until_it_answers(settings: Settings, check: Callable[[], None]) -> None:
    """Come back when somebody may open the page; `check` raises where its process ended. UserError after a minute."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        check()
        with suppress(OSError), socket.create_connection((settings.page_host, settings.page_port), timeout=1):
            return
        time.sleep(0.1)
    raise UserError(f"the page did not start within {_START_S:.0f} s: see .local/logs/page.log")
