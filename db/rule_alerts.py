"""Alerts of Prometheus' rules: each told to engineers once as it begins and once as it ends, through the outbox."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Engine, text

from core.rule_alert import News, RuleAlert, told, why_tell
from db.alarms import tell_engineers
from db.failures import failures_named


class PostgresRuleAlerts:
    """What rings, by its labels; on the database's clock, whoever posts it and however often."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, alerts: Sequence[RuleAlert]) -> None:
        """Remember what rings and what is over, and tell what is new; all of it or nothing. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text(_ALONE))  # two Prometheus servers say the same
            for alert in alerts:
                _take(connection, alert)


def _take(connection: Connection, alert: RuleAlert) -> None:
    key = {"labels": msgspec.json.encode(alert.labels, order="sorted").decode()}
    known = connection.execute(text(_KNOWN), key).one()
    until = alert.rings_until(known.now)
    news = why_tell(known.rings_until, until, known.now)
    if known.rings_until is None and news is News.NONE:
        return  # the end of something that nobody heard of
    connection.execute(text(_NOTE), {**key, "until": until})
    if news is not News.NONE:
        tell_engineers(connection, None, told(news, alert.labels, alert.annotations))


_ALONE = "SELECT pg_advisory_xact_lock(hashtext('faultline.rule_alerts'))"
_KNOWN = """
    SELECT clock_timestamp() AS now, (SELECT rings_until FROM rule_alert WHERE labels = :labels) AS rings_until"""
_NOTE = """
    INSERT INTO rule_alert (labels, rings_until) VALUES (:labels, :until)
    ON CONFLICT (labels) DO UPDATE SET rings_until = excluded.rings_until"""
