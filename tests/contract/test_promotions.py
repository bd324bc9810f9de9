"""What version numbers and promotions promise: the fake and Postgres alike."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, text

from bench.stores import MemoryPromotions, MemoryVersions
from core.errors import UserError
from core.prediction import ModelVersion
from core.stored_report import StoredReport
from core.training import ModelVersions, NewVersion, Promotions, StoredVersion
from db.engine import connect
from db.model_versions import PostgresModelVersions
from db.notices import PostgresNotices
from db.operators import Operator, PostgresOperators, Subscription
from db.promotion_log import CHANNEL, PostgresPromotionLog
from tests.builders import a_machine
from tests.processes import PATIENCE_S

V1, V2 = ModelVersion("press", 1), ModelVersion("press", 2)


class Book(NamedTuple):
    versions: ModelVersions
    promotions: Promotions


@pytest.fixture
def trainer(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "trainer")
    yield engine
    engine.dispose()


@pytest.fixture(params=["fake", "real"])
def book(request: pytest.FixtureRequest) -> Book:
    if request.param == "fake":
        versions = MemoryVersions()
        return Book(versions, MemoryPromotions(versions))
    engine: Engine = request.getfixturevalue("trainer")
    return Book(PostgresModelVersions(engine), PostgresPromotionLog(engine, "test"))


def _record(book: Book, machine: str = "press") -> ModelVersion:
    with book.versions.numbering(a_machine(machine)) as numbering:
        stored = StoredVersion(numbering.version, "manifest.json", "m1", "ab" * 32)
        report = StoredReport(f"report-{numbering.version}.html", str(numbering.version), {"reason": "better"})
        numbering.record(NewVersion(stored, "model.pkl", "p1", "rf", 0.5, {"f1": 0.9}, {"rows": 3}, "ada", report))
    return numbering.version


def _promote(book: Book, version: ModelVersion, instead_of: ModelVersion | None, kind: str = "gate") -> None:
    book.promotions.promote(
        version, instead_of=instead_of, kind=kind, decided_by="gate", reason="better", gate={"rows": 3}
    )


def test_numbers_rise_by_one_and_each_machine_has_its_own(book: Book) -> None:
    assert [_record(book), _record(book), _record(book, "pump")] == [V1, V2, ModelVersion("pump", 1)]


def test_a_number_whose_publishing_failed_is_given_again(book: Book) -> None:
    with pytest.raises(RuntimeError), book.versions.numbering(a_machine()):
        raise RuntimeError("the bucket went away")
    assert _record(book) == V1


def test_a_recorded_version_is_found_and_another_is_not(book: Book) -> None:
    _record(book)
    assert book.versions.find(V1) == StoredVersion(V1, "manifest.json", "m1", "ab" * 32)
    assert book.versions.find(V2) is None


def test_nobody_is_champion_before_the_first_promotion(book: Book) -> None:
    _record(book)
    assert book.promotions.champion("press") is None


def test_the_latest_promotion_makes_the_champion(book: Book) -> None:
    _record(book), _record(book)
    _promote(book, V1, None, "first")
    _promote(book, V2, V1)
    assert book.promotions.champion("press") == V2
    _promote(book, V1, V2, "rollback")
    assert book.promotions.champion("press") == V1


def test_a_decision_against_yesterdays_champion_does_not_count(book: Book) -> None:
    _record(book), _record(book)
    _promote(book, V2, None, "first")
    with pytest.raises(UserError, match="became champion meanwhile"):
        _promote(book, V1, None, "first")
    assert book.promotions.champion("press") == V2


def test_a_version_that_is_not_there_cannot_be_promoted(book: Book) -> None:
    _record(book)
    with pytest.raises(UserError, match="there is no press v2"):
        _promote(book, V2, None)


def test_a_promotion_wakes_who_waits_for_it(trainer: Engine, database_url: str) -> None:
    book = Book(PostgresModelVersions(trainer), PostgresPromotionLog(trainer, "test"))
    _record(book)
    notices = PostgresNotices(database_url, "consumer", CHANNEL)
    assert not notices.wait(0.01)
    _promote(book, V1, None, "first")
    assert notices.wait(PATIENCE_S)
    notices.close()


def test_who_promoted_what_why_and_what_loaded_is_kept(trainer: Engine, database_url: str, owner: Engine) -> None:
    log = PostgresPromotionLog(trainer, "test")
    _record(book := Book(PostgresModelVersions(trainer), log))
    _promote(book, V1, None, "first")
    consumer = connect(database_url, "consumer")
    PostgresPromotionLog(consumer, "consumer@here").record_load("press", V1, "refused", "sha256 differs")
    consumer.dispose()
    (entry,) = log.history("press")
    assert (entry.number, entry.kind, entry.decided_by, entry.reason) == (1, "first", "gate", "better")
    with owner.connect() as connection:
        loads = connection.execute(text("SELECT process, number, outcome, reason FROM model_load")).all()
    assert [tuple(row) for row in loads] == [("consumer@here", 1, "refused", "sha256 differs")]
    (listed,) = PostgresModelVersions(trainer).listing("press")
    assert listed.champion
    assert listed.metrics == {"f1": 0.9}


def test_a_version_stays_withdrawn_until_it_is_promoted_again_and_engineers_hear_of_it_once(
    trainer: Engine, database_url: str, owner: Engine
) -> None:
    operators = PostgresOperators(connect(database_url, "alerts"))
    operators.add(Operator("ada", "engineer", "UTC", None, [Subscription("console", "ada")]))
    operators.add(Operator("bob", "operator", "UTC", None, [Subscription("console", "bob")]))
    log = PostgresPromotionLog(trainer, "test")
    _record(book := Book(PostgresModelVersions(trainer), log)), _record(book)
    _promote(book, V1, None, "first")
    consumers = [PostgresPromotionLog(connect(database_url, "consumer"), name) for name in ("first", "second")]
    assert consumers[1].withdrawn(V1) is None
    for consumer in consumers:
        consumer.record_load("press", V1, "withdrawn", "it hangs")
    assert consumers[1].withdrawn(V1) == "it hangs"
    _promote(book, V2, V1)
    _promote(book, V1, V2, "rollback")
    assert consumers[1].withdrawn(V1) is None
    with owner.connect() as connection:
        told = connection.execute(text("SELECT address, body->>'text' FROM outbox")).all()
    assert [tuple(row) for row in told] == [("ada", "press v1 is withdrawn by first: it hangs")]
