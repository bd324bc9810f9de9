import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from core.errors import ModelRefused, Unavailable, UserError
from core.retraining import MOST_WAITING
from core.training import TrainingRequest
from core.training_options import TrainingOptions
from db.engine import connect
from db.notices import PostgresNotices
from db.training import CHANNEL, MOST_TRIES, PostgresTrainingQueue
from model.contest import Contest
from model.fit import Progress
from model.release import Outcome
from model.trainer import Trainer
from tests.builders import a_machine
from tests.model_builders import a_candidate
from tests.processes import PATIENCE_S, wait_until

PRESS = a_machine()
LONG, GONE = 60.0, -1.0


@pytest.fixture
def queue(database_url: str) -> Iterator[PostgresTrainingQueue]:
    engine = connect(database_url, "trainer")
    yield PostgresTrainingQueue(engine)
    engine.dispose()


def _ask(queue: PostgresTrainingQueue, machine: str = "press") -> int:
    return queue.ask(a_machine(machine), "ada", "shell", TrainingOptions())


def _claim(queue: PostgresTrainingQueue, worker: str, lease_s: float = LONG) -> TrainingRequest | None:
    return queue.claim(worker, ["press", "pump"], lease_s)


def test_a_request_is_taken_once(queue: PostgresTrainingQueue) -> None:
    request = _ask(queue)
    taken = _claim(queue, "one")
    assert taken == TrainingRequest(request, "press", "ada", TrainingOptions(), 1)
    assert _claim(queue, "two") is None
    assert queue.state(request).state == "running"


def test_requests_of_one_machine_wait_for_each_other_and_those_of_another_do_not(queue: PostgresTrainingQueue) -> None:
    first, second, other = _ask(queue), _ask(queue), _ask(queue, "pump")
    taken = _claim(queue, "one")
    assert taken is not None
    assert taken.id == first
    also = _claim(queue, "two")
    assert also is not None
    assert also.id == other
    assert _claim(queue, "three") is None
    queue.finish(taken, "one", "refused", {"reason": "worse"})
    following = _claim(queue, "three")
    assert following is not None
    assert following.id == second


def test_no_more_requests_of_a_machine_wait_than_may(queue: PostgresTrainingQueue) -> None:
    for _ in range(MOST_WAITING):
        _ask(queue)
    with pytest.raises(UserError, match="10 requests for a new model of press wait for a trainer already: start one"):
        _ask(queue)
    _ask(queue, "pump")
    assert _claim(queue, "one") is not None
    _ask(queue)


def test_a_request_of_a_machine_that_this_trainer_does_not_know_is_left(queue: PostgresTrainingQueue) -> None:
    _ask(queue)
    assert queue.claim("one", ["pump"], LONG) is None


def test_a_request_whose_trainer_was_killed_is_taken_over_when_its_lease_is_over(queue: PostgresTrainingQueue) -> None:
    _ask(queue)
    dead = _claim(queue, "killed", GONE)
    assert dead is not None
    taken = _claim(queue, "next")
    assert taken is not None
    assert (taken.id, taken.tries) == (dead.id, 2)
    assert not queue.renew(dead, "killed", LONG), "a trainer that comes back from the dead has lost it"
    assert not queue.finish(dead, "killed", "promoted", {})
    assert queue.renew(taken, "next", LONG, "fitting")
    assert queue.state(taken.id).progress == "fitting\n"


def test_a_request_that_kills_every_trainer_is_given_up_with_the_reason(queue: PostgresTrainingQueue) -> None:
    request = _ask(queue)
    for attempt in range(MOST_TRIES):
        assert _claim(queue, f"trainer {attempt}", GONE) is not None
    assert _claim(queue, "the next victim") is None
    found = queue.state(request)
    assert found.state == "failed"
    assert "given up after 3 tries" in str(found.result["reason"])


def test_a_request_given_back_waits_and_a_stop_is_no_try(queue: PostgresTrainingQueue) -> None:
    _ask(queue)
    taken = _claim(queue, "one")
    assert taken is not None
    queue.release(taken, "one", "stopped", after_s=0, counts=False)
    again = _claim(queue, "one")
    assert again is not None
    assert again.tries == 1
    queue.release(again, "one", "S3 does not answer", after_s=60, counts=True)
    assert _claim(queue, "one") is None
    assert queue.state(again.id).progress == "stopped\nS3 does not answer\n"


def test_how_a_request_ended_is_kept_as_a_training_run(queue: PostgresTrainingQueue, owner: Engine) -> None:
    _ask(queue)
    taken = _claim(queue, "one")
    assert taken is not None
    assert queue.finish(taken, "one", "promoted", {"version": 2, "reason": "better", "metrics": {"f1": 0.9}})
    with owner.connect() as connection:
        runs = connection.execute(text("SELECT request, number, outcome, reason, metrics FROM training_run")).all()
    assert [tuple(row) for row in runs] == [(taken.id, 2, "promoted", "better", {"f1": 0.9})]


def test_a_request_that_this_trainer_does_not_understand_fails_and_the_next_is_taken(
    queue: PostgresTrainingQueue, owner: Engine
) -> None:
    strange, following = _ask(queue), _ask(queue)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE training_request SET options = '{\"promise\": 1}' WHERE id = :id"), {"id": strange}
        )
    assert _claim(queue, "old") is None
    found = queue.state(strange)
    assert found.state == "failed"
    assert "of an older release" in str(found.result["reason"])
    taken = _claim(queue, "old")
    assert taken is not None
    assert taken.id == following


# ── the trainer's loop ───────────────────────────────────────────────────────────────────────────────────────────────
def _promoted(request: TrainingRequest, progress: Progress) -> Outcome:
    progress("fitting")
    return Outcome(request.machine, 2, True, "better", a_candidate().metrics, Contest(True, "better"), "")


def _trainer(queue: PostgresTrainingQueue, database_url: str, work: object = _promoted, **options: float) -> Trainer:
    notices = PostgresNotices(database_url, "trainer", CHANNEL)
    return Trainer(queue, work, notices, ["press"], "one", threading.Event(), **options)  # type: ignore[arg-type]  # stubs


def test_a_trainer_takes_a_request_as_soon_as_it_is_asked(queue: PostgresTrainingQueue, database_url: str) -> None:
    done, stopping = threading.Event(), threading.Event()

    def work(request: TrainingRequest, progress: Progress) -> Outcome:
        done.set()
        return _promoted(request, progress)

    notices = PostgresNotices(database_url, "trainer", CHANNEL)
    trainer = Trainer(queue, work, notices, ["press"], "one", stopping)
    thread = threading.Thread(target=trainer.run)
    thread.start()
    request = _ask(queue)
    assert done.wait(PATIENCE_S)
    stopping.set()
    thread.join(PATIENCE_S)
    notices.close()
    assert not thread.is_alive()
    assert queue.state(request).state == "promoted"


def test_a_training_that_is_refused_its_data_fails_with_the_reason(
    queue: PostgresTrainingQueue, database_url: str
) -> None:
    def work(_: TrainingRequest, __: Progress) -> Outcome:
        raise ModelRefused("the base data is gone")

    request = _ask(queue)
    assert _trainer(queue, database_url, work).take_one()
    assert queue.state(request).state == "failed"
    assert queue.state(request).result == {"reason": "the base data is gone"}


def test_a_training_that_lost_its_server_is_tried_again_later(queue: PostgresTrainingQueue, database_url: str) -> None:
    def work(_: TrainingRequest, __: Progress) -> Outcome:
        raise Unavailable("S3 does not answer")

    request = _ask(queue)
    trainer = _trainer(queue, database_url, work)
    assert trainer.take_one()
    assert queue.state(request).state == "pending"
    assert not trainer.take_one(), "not at once"


def test_a_long_training_keeps_its_request_although_it_says_nothing(
    queue: PostgresTrainingQueue, database_url: str, owner: Engine
) -> None:
    def ends() -> datetime:
        with owner.connect() as connection:
            found: datetime = connection.execute(text("SELECT lease_until FROM training_request")).scalar_one()
        return found

    def work(request: TrainingRequest, progress: Progress) -> Outcome:
        for _ in range(3):  # it is renewed after a third of it: so often, the first lease would be over
            before = ends()
            wait_until(lambda: ends() > before, "the lease is renewed")  # noqa: B023  # called before the next round
            assert _claim(queue, "thief") is None
        return _promoted(request, progress)

    request = _ask(queue)
    # Of a lease of some seconds a busy machine may come late to renew it, and still has it.
    assert _trainer(queue, database_url, work, lease_s=6).take_one()
    assert queue.state(request).state == "promoted"


def test_a_stopped_trainer_gives_its_request_back(queue: PostgresTrainingQueue, database_url: str) -> None:
    stopping = threading.Event()

    def work(request: TrainingRequest, progress: Progress) -> Outcome:
        stopping.set()
        return _promoted(request, progress)

    request = _ask(queue)
    notices = PostgresNotices(database_url, "trainer", CHANNEL)
    Trainer(queue, work, notices, ["press"], "one", stopping).run()
    assert queue.state(request).state == "pending"
    taken = _claim(queue, "next")
    assert taken is not None
    assert taken.tries == 1


def test_a_trainer_whose_request_was_taken_over_publishes_nothing(
    queue: PostgresTrainingQueue, database_url: str
) -> None:
    def work(request: TrainingRequest, progress: Progress) -> Outcome:
        queue.renew(request, "one", GONE)
        assert _claim(queue, "thief") is not None
        progress("publishing")
        raise AssertionError("went on without the request")

    request = _ask(queue)
    assert _trainer(queue, database_url, work).take_one()
    assert queue.state(request).state == "running", "the other trainer's"
