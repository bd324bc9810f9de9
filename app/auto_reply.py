"""The simulator's truth about the demo's alerts: told to who watches, and answered for a share of them."""

import random
from collections.abc import Callable

import msgspec

from consumer.fetched import Headers
from core.batch import Position
from core.ports.chat import Inbox
from core.reply import Reply
from db.unanswered import PostgresUnanswered

_BOT = "shell"


class AutoReply:
    """Tells the truth of each alert that came since it was made, and answers a share, through everybody's inbox."""

    def __init__(
        self,
        share: float,
        operator: str,
        alerts: PostgresUnanswered,
        inbox: Inbox,
        headers_at: Callable[[Position], Headers],
        tell: Callable[[str], None],
    ) -> None:
        self._share = share
        self._operator = operator
        self._alerts = alerts
        self._inbox = inbox
        self._headers_at = headers_at
        self._tell = tell
        self._seen = alerts.newest_alert()

    def answer(self) -> None:
        """Take the alerts that came since the last call. Raises Unavailable."""
        for waiting in self._alerts.after(self._seen):
            self._seen = waiting.alert
            truth = (dict(self._headers_at(waiting.opened)).get("truth") or b"").decode()
            told = "sensor:" if waiting.kind == "sensor" else "fault:"
            real = truth.startswith(told)
            what = "sensor fault" if waiting.kind == "sensor" else "fault"
            found = f"a real {what} ({truth.removeprefix(told)})" if real else "a false alarm: the machine is healthy"
            self._tell(f"(simulator: alert #{waiting.alert} is {found})")
            # Drawn from the alert's number: the same alerts are answered when a run is repeated.
            if random.Random(waiting.alert).random() < self._share:
                self._reply(waiting.alert, "Y" if real else "N")

    def _reply(self, alert: int, text: str) -> None:
        raw = msgspec.json.encode({"alert": alert, "text": text, "as": self._operator}).decode()
        reply = Reply("shell", None, raw, self._operator, self._operator, text, alert=alert)
        self._inbox.accept(_BOT, reply)
