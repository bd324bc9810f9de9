"""Where Prometheus posts what its rules found, in the form in which it posts to an Alertmanager."""

import hmac
import logging
from collections.abc import Callable, Sequence

import msgspec

from app.telemetry.server import Answer
from core.errors import Unavailable
from core.rule_alert import RuleAlert

_log = logging.getLogger(__name__)

PATH = "/api/v2/alerts"
_MOST = 1_000


class RuleAlerts:
    """Takes alerts from who knows the token, and from nobody else."""

    def __init__(self, token: str, take: Callable[[Sequence[RuleAlert]], None]) -> None:
        """Without a token nothing is taken. `take` raises Unavailable."""
        self._token = token
        self._take = take

    def __call__(self, authorization: str, body: bytes) -> Answer:
        """Answer a POST; what is not taken now Prometheus says again a minute later."""
        given = authorization.removeprefix("Bearer ").encode("utf-8", "replace")
        if not self._token or not hmac.compare_digest(given, self._token.encode()):
            return Answer(401, b"this needs PROMETHEUS_TOKEN as bearer token\n")
        try:
            alerts = msgspec.json.decode(body, type=list[RuleAlert])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Answer(400, f"no list of alerts: {error}\n".encode())
        if len(alerts) > _MOST:
            return Answer(413, f"more than {_MOST} alerts at once\n".encode())
        try:
            self._take(alerts)
        except Unavailable as error:
            _log.warning("%d alerts of Prometheus are not taken: %s", len(alerts), error)
            return Answer(503, b"the database does not answer\n")
        return Answer(200, b"taken\n")
