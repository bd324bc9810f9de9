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


def prepare_servers(settings: Settings, machines: Iterable[Machine]) -> None:
    """Tables and roles, the machines' topics, the versioned bucket: made where they are missing.

    Raises UserError and Unavailable.
    """
    migrate(connect(database_url(settings), "owner"))
    ensure_topics(kafka(settings), machines, settings.topic_partitions, settings.topic_replication)
    registry(settings).prepare()


def somebody_to_tell(settings: Settings) -> str:
    """The name of somebody who gets alerts; where there is nobody yet, one whose alerts are printed."""
    operators = PostgresOperators(database(settings, "alerts"))
    if known := operators.active():
        return known[0].name
    console = Subscription("console", CONSOLE_OPERATOR)
    operators.add(Operator(CONSOLE_OPERATOR, "engineer", "UTC", None, [console]))
    return CONSOLE_OPERATOR
