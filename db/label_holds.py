"""Labels that are held for an engineer."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, text

from core.errors import UserError
from core.held_labels import Decision
from core.unusual_labels import GivenAnswer, Unusual
from db.alarms import tell_engineers
from db.failures import failures_named


class Hold(Struct, frozen=True):
    """Some labels of one person, and why an engineer should look at them."""

    hold: int
    machine: str
    by: str
    pattern: str
    reason: str
    since: datetime
    labels: tuple[int, ...]
    decision: Decision | None
    """None: nobody decided yet."""
    engineer: str | None
    """Who decided."""
    why: str | None


class PostgresLabelHolds:
    """Keeps holds and decisions; nothing of either is ever changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answers(self, machine: str) -> Sequence[GivenAnswer]:
        """What people said of the machine, oldest first, but for what was refused. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_ANSWERS), {"machine": machine}).mappings().all()
        return [msgspec.convert(dict(row), GivenAnswer) for row in rows]

    def keep(self, machine: str, found: Sequence[Unusual]) -> None:
        """Hold these labels, each once however often it is found; and what the same people said since.

        Raises Unavailable.
        """
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text(_ONE_AT_A_TIME), {"machine": machine})
            for one in found:
                arguments = {**msgspec.structs.asdict(one), "machine": machine, "labels": list(one.labels)}
                if connection.execute(text(_FRESH), arguments).scalar_one():
                    arguments["hold"] = _open_hold(connection, arguments)
                    connection.execute(text(_HOLD_LABELS), arguments)
            connection.execute(text(_HOLD_LATER_ONES), {"machine": machine})

    def listed(self, machine: str | None, *, decided: bool) -> Sequence[Hold]:
        """The open holds of the machine (None: of all), oldest first; `decided`: the others too. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_LISTED), {"machine": machine, "decided": decided}).mappings().all()
        return [msgspec.convert(dict(row), Hold) for row in rows]

    def decide(self, hold: int, decision: Decision, engineer: str, why: str) -> int:
        """Let the labels teach, or never; how many they are. Recorded for good, with who and why.

        Raises UserError where there is no such hold, it was decided, or no engineer has that name; Unavailable.
        """
        arguments: dict[str, object] = {"hold": hold, "decision": decision, "name": engineer, "why": why}
        with failures_named(), self._engine.begin() as connection:
            if connection.execute(text("SELECT FROM label_hold WHERE id = :hold"), arguments).one_or_none() is None:
                raise UserError(f"there is no hold {hold}: ./run labels held lists them")
            arguments["engineer"] = connection.execute(text(_ENGINEER), arguments).scalar_one_or_none()
            if arguments["engineer"] is None:
                raise UserError(f"no engineer is named {engineer}: give --as NAME (./run operators list)")
            if not connection.execute(text(_DECIDE), arguments).rowcount:
                raise UserError(f"hold {hold} was decided already: ./run labels held --decided shows by whom")
            connection.execute(text(_AUDIT), arguments)
            count: int = connection.execute(text(_COUNT), arguments).scalar_one()
        return count


def _open_hold(connection: Connection, arguments: dict[str, object]) -> int:
    """The person's open hold of that pattern; where there is none it is made, and engineers are told."""
    found = connection.execute(text(_OPEN), arguments).scalar_one_or_none()
    if found is not None:
        return int(found)
    made = connection.execute(text(_NEW_HOLD), arguments).one()
    words = f"{arguments['reason']}. These answers teach nothing until an engineer decides: labels held"
    tell_engineers(connection, made.machine, f"⚠ {made.name}: {words}")
    return int(made.id)


_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('faultline.label_hold/' || :machine, 0))"
_ANSWERS = """
    SELECT l.id AS label, l.operator, o.name AS by, o.role = 'engineer' OR l.settles AS engineer,
           coalesce('incident ' || l.incident, 'question ' || l.question, 'report ' || l.id) AS trouble,
           coalesce(i.device, q.device, l.device) AS device, l.verdict, l.created_at AS at,
           d.hold IS NOT NULL AS decided, coalesce(a.model_version, q.model_version) AS version
      FROM label l JOIN machine m ON m.id = l.machine JOIN operator o ON o.id = l.operator
      LEFT JOIN incident i ON i.id = l.incident LEFT JOIN alert a ON a.id = l.alert
      LEFT JOIN question q ON q.id = l.question
      LEFT JOIN label_held h ON h.label = l.id LEFT JOIN label_hold_decision d ON d.hold = h.hold
     WHERE m.name = :machine AND d.decision IS DISTINCT FROM 'refused'
       AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
     ORDER BY l.id"""
_FRESH = """
    SELECT EXISTS (SELECT FROM label l WHERE l.id = ANY(:labels)
                      AND NOT EXISTS (SELECT FROM label_held h WHERE h.label = l.id))"""
_OPEN = """
    SELECT h.id FROM label_hold h JOIN machine m ON m.id = h.machine
     WHERE m.name = :machine AND h.operator = :operator AND h.pattern = :pattern
       AND NOT EXISTS (SELECT FROM label_hold_decision d WHERE d.hold = h.id) ORDER BY h.id DESC LIMIT 1"""
_NEW_HOLD = """
    INSERT INTO label_hold (machine, operator, pattern, reason)
    SELECT id, :operator, :pattern, :reason FROM machine WHERE name = :machine
    RETURNING id, machine, CAST(:machine AS text) AS name"""
_HOLD_LABELS = """
    INSERT INTO label_held (hold, label) SELECT :hold, id FROM label WHERE id = ANY(:labels) ON CONFLICT DO NOTHING"""
# Where the person is what is unusual, all that they say waits until somebody decided.
_HOLD_LATER_ONES = """
    INSERT INTO label_held (hold, label)
    SELECT h.id, l.id FROM label_hold h JOIN machine m ON m.id = h.machine
      JOIN label l ON l.machine = h.machine AND l.operator = h.operator
     WHERE m.name = :machine AND h.pattern <> 'burst'
       AND NOT EXISTS (SELECT FROM label_hold_decision d WHERE d.hold = h.id)
    ON CONFLICT DO NOTHING"""
_LISTED = """
    SELECT h.id AS hold, m.name AS machine, o.name AS by, h.pattern, h.reason, h.created_at AS since, d.decision,
           e.name AS engineer, d.why, ARRAY(SELECT label FROM label_held WHERE hold = h.id ORDER BY label) AS labels
      FROM label_hold h JOIN machine m ON m.id = h.machine JOIN operator o ON o.id = h.operator
      LEFT JOIN label_hold_decision d ON d.hold = h.id LEFT JOIN operator e ON e.id = d.engineer
     WHERE (CAST(:machine AS text) IS NULL OR m.name = :machine) AND (:decided OR d.hold IS NULL) ORDER BY h.id"""
_ENGINEER = "SELECT id FROM operator WHERE name = :name AND role = 'engineer' AND removed_at IS NULL"
_DECIDE = """
    INSERT INTO label_hold_decision (hold, decision, engineer, why) VALUES (:hold, :decision, :engineer, :why)
    ON CONFLICT DO NOTHING"""
_AUDIT = """
    INSERT INTO audit (actor, action, detail)
    VALUES (:name, 'labels ' || :decision,
            jsonb_build_object('hold', CAST(:hold AS bigint), 'why', CAST(:why AS text)))"""
_COUNT = "SELECT count(*) FROM label_held WHERE hold = :hold"
