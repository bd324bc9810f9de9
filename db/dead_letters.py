"""Dead letters, for people: found by what they are, one by one or all."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Engine, RowMapping, text

from core.batch import Position
from core.dead_letter import KeptLetter
from db.failures import failures_named

_PAGE = 50
"""Letters fetched at a time with their values, which may be large."""
_LINES = 1000


class LetterFilter(Struct, frozen=True, kw_only=True):
    """Which dead letters are meant; what is None does not matter."""

    machine: str | None = None
    topic: str | None = None
    partition: int | None = None
    stage: str | None = None
    reason: str | None = None
    """A part of the reason, upper or lower case."""
    since: datetime | None = None
    until: datetime | None = None
    unreplayed: bool | None = None
    """True: only those that are in no replay."""


class PostgresDeadLetters:
    """Reads the dead letters that the consumers kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, position: Position) -> KeptLetter | None:
        """The dead letter of a position; of a topic that was made anew, the newest. Raises Unavailable."""
        query = text(_AT_POSITION.format(columns=LETTER_COLUMNS, tables=LETTER_TABLES))
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(query, position._asdict()).mappings().first()
        return None if row is None else letter_from_row(row)

    def found(
        self, wanted: LetterFilter, limit: int, *, with_values: bool, oldest_first: bool = False
    ) -> Iterator[KeptLetter]:
        """Those that are meant, newest first unless told otherwise, fetched page by page. Raises Unavailable."""
        query = text(
            _FOUND.format(
                columns=LETTER_COLUMNS,
                tables=LETTER_TABLES,
                value="d.value" if with_values else "NULL::bytea AS value",
                beyond=">" if oldest_first else "<",
                order="ASC" if oldest_first else "DESC",
            )
        )
        page = _PAGE if with_values else _LINES
        arguments = {**msgspec.structs.asdict(wanted), **_after(None)}
        while limit > 0:
            with failures_named(), self._engine.connect() as connection:
                rows = connection.execute(query, {**arguments, "limit": min(limit, page)}).mappings().all()
            yield from map(letter_from_row, rows)
            if len(rows) < min(limit, page):
                return
            limit -= len(rows)
            arguments |= _after(rows[-1])


def _after(row: RowMapping | None) -> dict[str, object]:
    """Where the next page goes on."""
    names = {"at": "recorded_at", "after_topic": "topic_id", "after_partition": "partition", "after_offset": "offset"}
    return {argument: None if row is None else row[column] for argument, column in names.items()}


def letter_from_row(row: RowMapping) -> KeptLetter:
    """A row of LETTER_COLUMNS and `value`."""
    headers = msgspec.json.decode(bytes(row["headers"]), type=list[tuple[str, bytes | None]])
    fields = {name: row[name] for name in KeptLetter.__struct_fields__ if name != "headers"}
    for name in ("key", "value", "value_sha256"):
        fields[name] = None if fields[name] is None else bytes(fields[name])
    return KeptLetter(**fields, headers=headers)


LETTER_COLUMNS = """
    t.id AS topic_id, t.name AS topic, d.kafka_partition AS partition, d.kafka_offset AS offset, m.name AS machine,
    d.stage, d.reason, d.recorded_at, d.key, d.headers, coalesce(d.value_size, octet_length(d.value), 0) AS value_size,
    d.value_sha256, d.relayed_at, r.finished_at AS replayed_at"""
LETTER_TABLES = """
    dead_letter d JOIN topic t ON t.id = d.topic JOIN machine m ON m.id = t.machine
    LEFT JOIN replay r ON r.id = d.replay AND r.outcome = 'arrived'"""
_AT_POSITION = """
    SELECT {columns}, d.value FROM {tables}
     WHERE t.name = :topic AND d.kafka_partition = :partition AND d.kafka_offset = :offset
     ORDER BY t.id DESC LIMIT 1"""
_FOUND = """
    SELECT {columns}, {value} FROM {tables}
     WHERE (CAST(:machine AS text) IS NULL OR m.name = :machine)
       AND (CAST(:topic AS text) IS NULL OR t.name = :topic)
       AND (CAST(:partition AS integer) IS NULL OR d.kafka_partition = :partition)
       AND (CAST(:stage AS text) IS NULL OR d.stage = :stage)
       AND (CAST(:reason AS text) IS NULL OR position(lower(:reason) IN lower(d.reason)) > 0)
       AND (CAST(:since AS timestamptz) IS NULL OR d.recorded_at >= :since)
       AND (CAST(:until AS timestamptz) IS NULL OR d.recorded_at < :until)
       AND (CAST(:unreplayed AS boolean) IS NULL OR (d.replay IS NULL) = :unreplayed)
       AND (CAST(:at AS timestamptz) IS NULL OR (d.recorded_at, d.topic, d.kafka_partition, d.kafka_offset) {beyond}
            (:at, CAST(:after_topic AS smallint), CAST(:after_partition AS integer), CAST(:after_offset AS bigint)))
     ORDER BY d.recorded_at {order}, d.topic {order}, d.kafka_partition {order}, d.kafka_offset {order} LIMIT :limit"""
