"""Logs: for people on a terminal, JSON otherwise, and never a secret."""

import logging
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from app.program import spoken

_HIDDEN = "***"
_QUIET_S = 10.0
# They log each request's URL at INFO; Telegram's carries the bot token.
_CHATTY = ("httpx", "httpcore", "telegram", "botocore", "boto3", "urllib3", "s3transfer", "alembic", "matplotlib")


class _Redacting(logging.Formatter):
    """Formats a record, with hints as they are typed here, and hides the secrets in it, tracebacks included."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
        self._secrets = sorted(secrets, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        return self.clean(super().format(record))

    def clean(self, text: str) -> str:
        """The text as it may be shown."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return spoken(text)


class _Json(_Redacting):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.clean(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = self.clean(self.formatException(record.exc_info))
        return msgspec.json.encode(entry).decode()


class _Outage(logging.Filter):
    """Of what the Kafka client says again and again while a broker is away, one line in ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to say it; what was left unsaid meanwhile is counted."""
        if not record.name.startswith("kafka"):
            return True
        like = re.sub(r"\d+", "#", record.getMessage())
        at, unsaid = self._said.get(like, (-_QUIET_S, 0))
        if record.created - at < _QUIET_S:
            self._said[like] = at, unsaid + 1
            return False
        self._said[like] = record.created, 0
        if unsaid:
            record.msg, record.args = f"{record.getMessage()} (and {unsaid} more like it)", ()
        return True


def set_up_logging(style: str, level: str, secrets: Sequence[str]) -> None:
    """Log to standard error: `human`, `json`, or `auto` (human on a terminal)."""
    human = style == "human" or (style == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(secrets) if human else _Json(secrets))
    handler.addFilter(_Outage())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
