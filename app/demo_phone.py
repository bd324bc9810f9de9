"""A phone for the demo: a page that stands in for Telegram, with one person who gets the alerts."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from app.prepare import ensure_operator
from app.settings import Settings
from app.wiring import ROOT, database
from core.errors import UserError
from db.operators import Operator, PostgresOperators, Subscription

_TOKEN = "4242:the-demos-own"  # noqa: S105  # of a server on this machine that takes any
_PERSON = 1001
_NAME = "phone"


@contextmanager
def fake_telegram(settings: Settings, state: Path) -> Iterator[Settings]:
    """The settings with a running stand-in for Telegram; `state` keeps its chats between runs."""
    state.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fake_telegram", "--token", _TOKEN, "--state", str(state)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            raise UserError("the stand-in for Telegram did not start")
        chat = Subscription("telegram", str(_PERSON))
        ensure_operator(settings, Operator(_NAME, "engineer", "UTC", _PERSON, [chat]))
        yield msgspec.structs.replace(settings, telegram_api_url=url, telegram_bot_token=_TOKEN)
        PostgresOperators(database(settings, "alerts")).remove(_NAME)  # without the page nobody reads that chat
    finally:
        process.terminate()
        process.wait()
