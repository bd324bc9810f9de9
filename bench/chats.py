"""A stand-in for Telegram's servers, and people who wait for alerts there."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.process import ROOT
from core.errors import UserError

_TOKEN = "4242:of-the-bench"  # noqa: S105  # of a server on this machine that takes any


@dataclass(frozen=True, slots=True)
class Chats:
    """Where alerts arrive."""

    url: str

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings that lead the alerts process there."""
        return {"TELEGRAM_BOT_TOKEN": _TOKEN, "TELEGRAM_API_URL": self.url}

    def sent(self) -> Sequence[dict[str, Any]]:
        """Every message and edit that came: `method`, `chat`, `text`, `began` (time.monotonic)."""
        with urllib.request.urlopen(f"{self.url}/control/calls", timeout=10) as answer:  # noqa: S310  # of this machine
            calls: list[dict[str, Any]] = json.load(answer)
        return calls


@contextmanager
def chats() -> Iterator[Chats]:
    """A process of its own, for as long as the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fake_telegram", "--token", _TOKEN],
        cwd=ROOT,
        env={**os.environ, "FAULTLINE_PARENT": str(os.getpid())},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            raise UserError("the stand-in for Telegram did not start")
        yield Chats(url)
    finally:
        process.terminate()
        process.wait()
