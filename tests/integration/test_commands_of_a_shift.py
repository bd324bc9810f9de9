"""`/digest` and `/retrain` on a real database."""

from collections.abc import Iterator
from typing import Any

import pytest

from alerts.facts import read_facts
from alerts.markup import PLAIN
from alerts.told import Told, told_text
from core.reply import Outcome, Reply
from core.retraining import MOST_WAITING
from core.training_options import TrainingOptions
from db.engine import connect
from db.operators import Operator, Subscription
from db.training import MOST_TRIES, PostgresTrainingQueue
from tests.alert_world import ANNA, BEN, AlertWorld, alert_world
from tests.builders import a_machine

BOT = "telegram/4242"


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    """Anna is an operator, Ben an engineer."""
    with alert_world(database_url) as world:
        world.operator("Anna", ANNA)
        world.operators.add(Operator("Ben", "engineer", "UTC", BEN, [Subscription("telegram", str(BEN))]))
        yield world


@pytest.fixture
def queue(database_url: str) -> Iterator[PostgresTrainingQueue]:
    engine = connect(database_url, "trainer")
    yield PostgresTrainingQueue(engine)
    engine.dispose()


def say(world: AlertWorld, text: str, number: int, sender: int = ANNA, alert: int | None = None) -> Outcome:
    reply = Reply("telegram", number, "{}", str(sender), str(sender), text, alert=alert, reference=str(number))
    return world.inbox.accept(BOT, reply).kind


def told(world: AlertWorld, chat: int) -> dict[str, Any]:
    """The newest answer to a command there."""
    query = "SELECT body FROM outbox WHERE kind = 'told' AND address = :chat ORDER BY id DESC LIMIT 1"
    return dict(world.one(query, chat=str(chat)))


def words(world: AlertWorld, chat: int) -> str:
    return told_text(read_facts(told(world, chat), Told), "UTC", PLAIN)


def test_a_digest_tells_what_is_open_unanswered_disputed_and_shelved(world: AlertWorld) -> None:
    world.operator("Cem", 14)
    disputed, _ = world.alert("press-1"), world.alert("press-2")
    say(world, "y", 500, ANNA, disputed)
    say(world, "n", 501, 14, disputed)
    say(world, "/shelve press-2 2h bearing", 502)
    say(world, "/digest", 503)
    shift = told(world, ANNA)["shift"]
    assert (shift["raised"], shift["open"], shift["unanswered"], shift["reported"]) == (2, 2, 1, 0)
    assert [(one["device"], one["verdict"]) for one in shift["now_open"]] == [
        ("press-1", "false_alarm"),
        ("press-2", None),
    ]
    assert [(one["device"], one["by"], one["verdicts"]) for one in shift["disputed"]] == [
        ("press-1", ["Anna", "Cem"], ["fault", "false_alarm"])
    ]
    assert "Disputed: #1 press-1: Anna says real fault, Cem says false alarm" in words(world, ANNA)
    assert "Shelved: press-2" in words(world, ANNA)
    say(world, "y", 504, BEN, disputed)
    say(world, "/digest", 505)
    assert told(world, ANNA)["shift"]["disputed"] == [], "Ben, an engineer, settled it"
    world.operators.add(Operator("Eva", "operator", "UTC", 77, []))
    say(world, "/digest", 506, 77)
    assert told(world, 77)["shift"]["raised"] == 0, "who follows no machine is handed none"


def test_an_engineer_asks_for_a_model_in_a_chat_and_is_told_there_how_it_ended(
    world: AlertWorld, queue: PostgresTrainingQueue
) -> None:
    for _ in range(2):  # the same update twice is one request
        say(world, "/retrain press", 500, BEN)
    assert world.rows("SELECT asked_by, via FROM training_request") == [("Ben", "telegram")]
    request = queue.claim("trainer", ["press"], 60)
    assert request is not None
    assert queue.finish(request, "trainer", "promoted", {"version": 4, "reason": "better by 3 %"})
    assert words(world, BEN) == "Promoted: press v4. better by 3 %"
    assert told(world, BEN)["replies_to"] == "500"
    assert not queue.finish(request, "trainer", "failed", {"reason": "again"})
    assert world.one("SELECT count(*) FROM outbox WHERE body ? 'ended'") == 1


def test_no_more_requests_wait_in_a_chat_than_may(world: AlertWorld, queue: PostgresTrainingQueue) -> None:
    for number in range(MOST_WAITING):
        assert say(world, "/retrain press", 500 + number, BEN) is Outcome.DONE
    world.execute("UPDATE outbox SET state = 'sent'")  # who writes without end is answered a few times only
    assert say(world, "/retrain press", 600, BEN) is Outcome.ASKED_BACK
    assert words(world, BEN).startswith("10 requests for a new model of press wait for a trainer already.")
    assert world.one("SELECT count(*) FROM training_request") == MOST_WAITING
    assert queue.claim("trainer", ["press"], 60) is not None
    assert say(world, "/retrain press", 601, BEN) is Outcome.DONE


def test_an_engineer_chooses_the_kind_of_model_in_a_chat(world: AlertWorld, queue: PostgresTrainingQueue) -> None:
    assert say(world, "/retrain press svm", 500, BEN) is Outcome.ASKED_BACK
    assert words(world, BEN).endswith("as in: /retrain press compare")
    say(world, "/retrain press compare dry-run", 501, BEN)
    assert words(world, BEN).startswith("A dry run of a new model of press is asked for.")
    request = queue.claim("trainer", ["press"], 60)
    assert request is not None
    assert request.options == TrainingOptions("compare", dry_run=True)
    queue.finish(request, "trainer", "trained", {"version": None, "reason": "would be refused", "how": "rf was best"})
    assert words(world, BEN) == "Dry run: press. would be refused. rf was best"


def test_a_request_that_is_given_up_is_told_too(world: AlertWorld, queue: PostgresTrainingQueue) -> None:
    say(world, "/retrain press", 500, BEN)
    for _ in range(MOST_TRIES):
        assert queue.claim("trainer", ["press"], -1) is not None
    assert queue.claim("trainer", ["press"], -1) is None
    assert words(world, BEN).startswith("Failed: press. given up after 3 tries")


def test_a_request_of_the_shell_is_told_in_no_chat(world: AlertWorld, queue: PostgresTrainingQueue) -> None:
    queue.ask(a_machine(), "ada", "shell", TrainingOptions())
    request = queue.claim("trainer", ["press"], 60)
    assert request is not None
    assert queue.finish(request, "trainer", "refused", {"reason": "worse"})
    assert world.one("SELECT count(*) FROM outbox") == 0


def test_who_is_no_engineer_and_who_names_no_machine_is_told_so(world: AlertWorld) -> None:
    assert say(world, "/retrain press", 500, ANNA) is Outcome.ASKED_BACK
    assert words(world, ANNA).startswith("Only engineers may ask")
    for number, argument in enumerate(("", "teapot"), 501):
        assert say(world, f"/retrain {argument}", number, BEN) is Outcome.ASKED_BACK
        assert words(world, BEN) == "Which machine? You follow press. As in: /retrain press"
    assert world.one("SELECT count(*) FROM training_request") == 0
