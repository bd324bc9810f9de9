"""What must be there before the processes start: tables, topics, the bucket, somebody to tell."""

from collections.abc import Iterable

from app.models import registry
from app.settings import Settings
from app.wiring import database, database_url, kafka
from core.machine import Machine
from db.engine import connect
from db.migrate import migrate
from db.operators import Operator, PostgresOperators, Subscription
from producer.topics import ensure_topics

CONSOLE_OPERATOR = "console"
"""Whose alerts are printed, and who answers from the shell where nobody else is named."""


def prepare_servers(settings: Settings, machines: Iterable[Machine]) -> None:
    """Tables and roles, the machines' topics, the versioned bucket: made where they are missing.

    Raises UserError and Unavailable.
    """
    migrate(connect(database_url(settings), "owner"))
    ensure_topics(kafka(settings), machines, settings.topic_partitions, settings.topic_replication)
    registry(settings).prepare()


def somebody_to_tell(settings: Settings) -> str:
    """The name of somebody who gets alerts; where there is nobody yet, one whose alerts are printed."""
    known = PostgresOperators(database(settings, "alerts")).active()
    if known:
        return known[0].name
    console = Subscription("console", CONSOLE_OPERATOR)
    ensure_operator(settings, Operator(CONSOLE_OPERATOR, "engineer", "UTC", None, [console]))
    return CONSOLE_OPERATOR


def ensure_operator(settings: Settings, wanted: Operator) -> None:
    """Add the operator unless one of that name is there."""
    operators = PostgresOperators(database(settings, "alerts"))
    if all(known.name != wanted.name for known in operators.active()):
        operators.add(wanted)
