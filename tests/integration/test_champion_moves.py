"""Engineers move the champion: wished under the page's role, carried out by a trainer with a real bucket."""

import threading
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.report_file import report_file
from core.champion_move import Moved
from core.errors import Unavailable
from core.login import Visitor
from core.prediction import ModelVersion
from db.champion_moves import PostgresChampionMoves
from db.champion_wishes import PostgresChampionWishes
from db.engine import connect
from db.model_versions import PostgresModelVersions
from db.operators import Operator, PostgresOperators, Subscription
from db.promotion_log import PostgresPromotionLog
from db.recent_readings import PostgresRecentReadings
from db.training_labels import PostgresTrainingLabels
from db.training_reports import PostgresTrainingReports
from model.cache import ModelCache
from model.moving import Mover, mover
from model.registry import connect as connect_registry
from model.release import Release
from model.signature import Signer, TrustedKeys, make_key_pair
from model.source import VerifiedModels
from tests.builders import a_machine
from tests.conftest import Servers
from tests.fake_notices import RungByHand
from tests.model_builders import a_candidate, a_history, at_noon, published
from tests.processes import PATIENCE_S

PRESS = a_machine()
EVA, BEN = Visitor(1, "Eva", "engineer", "UTC"), Visitor(2, "Ben", "operator", "UTC")


@pytest.fixture
def trainer(database_url: str) -> Iterator[Engine]:
    """Eva, an engineer, and Ben, an operator, follow every machine."""
    engines = alerts, trainer = connect(database_url, "alerts"), connect(database_url, "trainer")
    for name, role in (("Eva", "engineer"), ("Ben", "operator")):
        PostgresOperators(alerts).add(Operator(name, role, "UTC", None, [Subscription("page", name)]))
    yield trainer
    for engine in engines:
        engine.dispose()


@pytest.fixture
def release(trainer: Engine, servers: Servers, tmp_path: Path) -> Release:
    """The press has three versions, of which v1 was promoted last."""
    keys = servers.s3_access_key_id, servers.s3_secret_access_key
    bucket = connect_registry(servers.s3_endpoint_url, "us-east-1", f"test-{uuid.uuid4().hex[:12]}", *keys)
    bucket.prepare()
    private, public = make_key_pair()
    versions, promotions = PostgresModelVersions(trainer), PostgresPromotionLog(trainer, "test")
    models = VerifiedModels(bucket, versions, TrustedKeys(public), ModelCache(tmp_path))
    made = Release(
        bucket,
        versions,
        promotions,
        models,
        PostgresTrainingLabels(trainer),
        PostgresRecentReadings(trainer),
        Signer(private),
        PostgresTrainingReports(trainer),
        report_file,
        at_noon,
    )
    history = a_history()
    candidate = a_candidate(history=history)
    for _ in range(3):
        published(made, candidate, history)
    if champion(made) != 1:
        promote(made, 1)
    return made


@pytest.fixture
def wishes(database_url: str) -> Iterator[PostgresChampionWishes]:
    api = connect(database_url, "page")
    yield PostgresChampionWishes(api)
    api.dispose()


def promote(release: Release, number: int) -> None:
    """Somebody else does, by the command line."""
    current = release.promotions.champion("press")
    release.promotions.promote(
        ModelVersion("press", number), instead_of=current, kind="override", decided_by="ada", reason="why not", gate={}
    )


def champion(release: Release) -> int | None:
    found = release.promotions.champion("press")
    return found.number if found else None


def test_a_version_is_promoted_by_name_and_rolled_back_as_the_command_does(
    release: Release, trainer: Engine, wishes: PostgresChampionWishes
) -> None:
    moves = PostgresChampionMoves(trainer)
    carry_out = partial(moves.carry_out, mover(release.promotions, release.models, {"press": PRESS}))
    assert not carry_out(), "nothing is wished"
    assert wishes.promote(EVA, "press", 2, "the audit says so") is Moved.WISHED
    assert wishes.promote(EVA, "press", 2, "again") is Moved.UNDER_WAY
    assert champion(release) == 1, "a wish alone moves nothing"
    assert carry_out()
    assert champion(release) == 2
    entry = PostgresPromotionLog(trainer, "").history("press")[-1]
    assert (entry.kind, entry.previous, entry.decided_by, entry.reason) == ("override", 1, "Eva", "the audit says so")
    assert wishes.promote(EVA, "press", 2, "once more") is Moved.CHAMPION_ALREADY
    assert wishes.roll_back(EVA, "press", "it floods us") is Moved.WISHED
    assert carry_out()
    assert (champion(release), PostgresPromotionLog(trainer, "").history("press")[-1].kind) == (1, "rollback")
    done = wishes.newest(EVA.id, "press")
    assert done is not None
    assert (done.state, done.answer) == ("done", "press v1 is champion of press (before: press v2)")


def test_a_trainer_that_died_after_promoting_moves_nothing_twice(
    release: Release, trainer: Engine, wishes: PostgresChampionWishes
) -> None:
    move = mover(release.promotions, release.models, {"press": PRESS})
    moves = PostgresChampionMoves(trainer)
    wishes.promote(EVA, "press", 2, "the audit says so")

    def die(wish: object) -> str:
        move(wish)  # type: ignore[arg-type]  # whatever was claimed
        raise Unavailable("killed")

    with pytest.raises(Unavailable):
        moves.carry_out(die)
    before = len(PostgresPromotionLog(trainer, "").history("press"))
    assert moves.carry_out(move)
    assert len(PostgresPromotionLog(trainer, "").history("press")) == before
    assert (champion(release), wishes.newest(EVA.id, "press").state) == (2, "done")  # type: ignore[union-attr]  # wished


def test_a_version_that_nobody_may_trust_and_one_that_somebody_was_quicker_than_are_refused(
    release: Release, trainer: Engine, wishes: PostgresChampionWishes, tmp_path: Path
) -> None:
    _, strangers = make_key_pair()
    distrusting = VerifiedModels(release.bucket, release.versions, TrustedKeys(strangers), ModelCache(tmp_path / "no"))
    moves = PostgresChampionMoves(trainer)
    wishes.promote(EVA, "press", 2, "why not")
    assert moves.carry_out(mover(release.promotions, distrusting, {"press": PRESS}))
    refused = wishes.newest(EVA.id, "press")
    assert refused is not None
    assert (refused.state, champion(release)) == ("refused", 1)
    assert "do not trust" in refused.answer
    wishes.promote(EVA, "press", 2, "why not")
    promote(release, 3)
    assert moves.carry_out(mover(release.promotions, release.models, {"press": PRESS}))
    late = wishes.newest(EVA.id, "press")
    assert late is not None
    assert (late.state, champion(release)) == ("refused", 3)
    assert "became champion meanwhile" in late.answer


def test_who_may_not_move_the_champion_wishes_nothing(
    release: Release, trainer: Engine, wishes: PostgresChampionWishes
) -> None:
    assert wishes.promote(BEN, "press", 2, "why") is Moved.NOT_AN_ENGINEER
    assert wishes.promote(EVA, "lathe", 2, "why") is Moved.UNKNOWN_MACHINE
    assert wishes.promote(EVA, "press", 9, "why") is Moved.UNKNOWN_VERSION
    assert wishes.newest(EVA.id, "press") is None
    assert not PostgresChampionMoves(trainer).carry_out(mover(release.promotions, release.models, {"press": PRESS}))


def test_the_thread_of_a_trainer_waits_for_servers_that_are_away_and_ends_with_it() -> None:
    stopping, notices = threading.Event(), RungByHand()
    tries: list[int] = []

    def carry_out() -> bool:
        tries.append(len(tries))
        if len(tries) == 1:
            raise Unavailable("the database is away")
        stopping.set()
        return True

    thread = Mover(carry_out, notices, stopping)
    thread.start()
    notices.notify()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert tries == [0, 1]
