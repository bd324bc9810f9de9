"""Training requests: core.training.TrainingQueue on Postgres, leased on the database's clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from core.errors import UserError
from core.machine import Machine
from core.retraining import MOST_WAITING
from core.training import TrainingRequest
from core.training_options import TrainingOptions
from db.catalogue import machine_number
from db.failures import failures_named
from db.retraining import tell, too_many

CHANNEL = "training_request"
"""Of the notice that wakes trainers."""
MOST_TRIES = 3
"""A request whose trainers died that often is given up: the next one would die of it too."""


@dataclass(frozen=True, slots=True)
class RequestState:
    """How far a request is."""

    state: str
    progress: str
    """Every line so far, each with its line end."""
    result: dict[str, object]
    busy: bool
    """Some trainer is at work, on this request or on another."""


class PostgresTrainingQueue:
    """Durable requests, one at a time a machine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ask(self, machine: Machine, asked_by: str, via: str, options: TrainingOptions) -> int:
        """Store a request and wake a trainer, in one transaction; returns its number.

        Raises UserError where as many wait as may, Unavailable.
        """
        with failures_named(), self._engine.begin() as connection:
            number = machine_number(connection, machine)
            if too_many(connection, number):
                raise UserError(
                    f"{MOST_WAITING} requests for a new model of {machine.name} wait for a trainer already: "
                    "start one (./run trainer), or wait until it has taken them"
                )
            request: int = connection.execute(
                text(_ASK),
                {
                    "machine": number,
                    "asked_by": asked_by,
                    "via": via,
                    "options": msgspec.json.encode(options).decode(),
                },
            ).scalar_one()
            connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
        return request

    def state(self, request: int) -> RequestState:
        """How far a request is. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            return RequestState(**connection.execute(text(_STATE), {"id": request}).mappings().one())

    def claim(self, worker: str, machines: Sequence[str], lease_s: float) -> TrainingRequest | None:
        """The oldest request that nobody works on, leased to this worker; None: there is none. Raises Unavailable."""
        arguments = {"worker": worker, "machines": list(machines), "lease": lease_s, "most": MOST_TRIES}
        try:
            with failures_named(), self._engine.begin() as connection:
                for given_up in connection.execute(text(_GIVE_UP), arguments).scalars().all():
                    tell(connection, given_up)
                row = connection.execute(text(_CLAIM), arguments).one_or_none()
        except IntegrityError:
            return None  # another trainer took a request of the same machine in this very moment
        if row is None:
            return None
        request = TrainingRequest(row.id, row.machine, row.asked_by, TrainingOptions(), row.tries)
        try:
            return replace(request, options=msgspec.convert(row.options, TrainingOptions))
        except msgspec.ValidationError as error:
            reason = f"this trainer cannot train as the request says ({error}): is it of an older release?"
            self.finish(request, worker, "failed", {"reason": reason})
            return None

    def renew(self, request: TrainingRequest, worker: str, lease_s: float, progress: str | None = None) -> bool:
        """Keep the request; False: another trainer has it now. Raises Unavailable."""
        arguments = {"id": request.id, "worker": worker, "lease": lease_s, "progress": progress}
        with failures_named(), self._engine.begin() as connection:
            return _hit(connection, _RENEW, arguments)

    def release(self, request: TrainingRequest, worker: str, reason: str, *, after_s: float, counts: bool) -> None:
        """Give it back, for a try that many seconds from now; `counts`: this was a try. Raises Unavailable."""
        arguments = {"id": request.id, "worker": worker, "progress": reason, "after": after_s, "tries": int(not counts)}
        with failures_named(), self._engine.begin() as connection:
            _hit(connection, _RELEASE, arguments)

    def finish(self, request: TrainingRequest, worker: str, state: str, result: Mapping[str, object]) -> bool:
        """It is `promoted`, `refused`, `trained` or `failed`; False: another trainer has it now. Raises Unavailable."""
        arguments = {
            "id": request.id,
            "worker": worker,
            "state": state,
            "result": msgspec.json.encode(result).decode(),
            "number": result.get("version"),
            "reason": result.get("reason", ""),
            "metrics": msgspec.json.encode(result.get("metrics", {})).decode(),
        }
        with failures_named(), self._engine.begin() as connection:
            finished = _hit(connection, _FINISH, arguments)
            if finished:
                tell(connection, request.id)
        return finished


def _hit(connection: Connection, statement: str, arguments: Mapping[str, object]) -> bool:
    return connection.execute(text(statement), arguments).rowcount == 1


_ASK = """
    INSERT INTO training_request (machine, asked_by, via, options)
    VALUES (:machine, :asked_by, :via, CAST(:options AS jsonb)) RETURNING id"""
_STATE = """
    SELECT state, progress, result,
           EXISTS (SELECT FROM training_request WHERE state = 'running' AND lease_until > now()) AS busy
      FROM training_request WHERE id = :id"""
_GIVE_UP = """
    UPDATE training_request SET state = 'failed', finished_at = now(), result = jsonb_build_object('reason',
           format('given up after %s tries, each ended by a crash or a lost server', tries))
     WHERE tries >= :most AND (state = 'pending' OR (state = 'running' AND lease_until < now())) RETURNING id"""
_CLAIM = """
    WITH next AS (
        SELECT r.id, r.machine FROM training_request r JOIN machine m ON m.id = r.machine
         WHERE m.name = ANY(:machines)
           AND ((r.state = 'running' AND r.lease_until < now())
                OR (r.state = 'pending' AND coalesce(r.lease_until, now()) <= now() AND NOT EXISTS (
                    SELECT FROM training_request o WHERE o.machine = r.machine AND o.state = 'running')))
         ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
    UPDATE training_request r
       SET state = 'running', worker = :worker, tries = tries + 1,
           lease_until = now() + make_interval(secs => :lease)
      FROM next JOIN machine m ON m.id = next.machine WHERE r.id = next.id
    RETURNING r.id, m.name AS machine, r.asked_by, r.options, r.tries, r.created_at"""
_RENEW = """
    UPDATE training_request SET lease_until = now() + make_interval(secs => :lease),
           progress = progress || coalesce(CAST(:progress AS text) || E'\\n', '')
     WHERE id = :id AND worker = :worker AND state = 'running'"""
_RELEASE = """
    UPDATE training_request SET state = 'pending', worker = NULL, tries = tries - :tries,
           progress = progress || :progress || E'\\n', lease_until = now() + make_interval(secs => :after)
     WHERE id = :id AND worker = :worker AND state = 'running'"""
_FINISH = """
    WITH finished AS (
        UPDATE training_request SET state = :state, finished_at = now(), result = CAST(:result AS jsonb)
         WHERE id = :id AND worker = :worker AND state = 'running' RETURNING id, machine, created_at)
    INSERT INTO training_run (machine, request, number, outcome, reason, metrics, started_at)
    SELECT machine, id, :number, :state, :reason, CAST(:metrics AS jsonb), created_at FROM finished"""
