"""Unusual labels wait for an engineer: found when a model is trained, kept, and decided by name."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from app.machines import load_machines
from app.wiring import ROOT
from core.errors import UserError
from core.label import Verdict
from core.unusual_labels import FEW
from db.engine import connect
from db.shown_holds import PostgresShownHolds
from db.training_labels import PostgresTrainingLabels
from tests.labels import AnsweredIncident, answered
from tests.shell import Shell

EQUIPMENT = load_machines(ROOT / "machines")["equipment"]
NAN = float("nan")
HOT = [(109.0, 1.3, 55.0, NAN), (108.0, 1.2, 54.0, NAN)]
FLIPPED = FEW + 2


@pytest.fixture
def labels(database_url: str) -> Iterator[PostgresTrainingLabels]:
    engine = connect(database_url, "trainer")
    yield PostgresTrainingLabels(engine)
    engine.dispose()


@pytest.fixture
def flipped(owner: Engine) -> list[AnsweredIncident]:
    """Mallory calls false alarms what others confirmed; one more answer of another person stands."""
    incidents = [answered(owner, EQUIPMENT, Verdict.FAULT, *HOT) for _ in range(FLIPPED)]
    answered(owner, EQUIPMENT, Verdict.FALSE_ALARM, *HOT)
    with owner.begin() as connection:
        people = connection.execute(
            text("INSERT INTO operator (name, role) VALUES ('mallory', 'operator'), ('Eve', 'engineer') RETURNING id")
        ).scalars()
        number, eve = people
        follows = "INSERT INTO subscription (operator, channel, address) VALUES (:eve, 'telegram', '1')"
        connection.execute(text(follows), {"eve": eve})
    for incident in incidents:
        by_mallory = AnsweredIncident(owner, {**incident.names, "operator": number})
        by_mallory.label(Verdict.FALSE_ALARM, HOT)
    return incidents


def train(shell: Shell, csv_file: str) -> int:
    """How many labels the new version learnt from."""
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    (newest, *_) = json.loads(shell("models", "list", "equipment", "--json"))
    return len(newest["lineage"]["label_ids"])


def count(owner: Engine, table: str) -> int:
    with owner.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608  # ours


def test_a_person_who_flips_everything_teaches_nothing_until_an_engineer_releases_it(
    shell: Shell, owner: Engine, flipped: list[AnsweredIncident], labels: PostgresTrainingLabels, csv_file: str
) -> None:
    assert train(shell, csv_file) == 1, "of the disputed ones nobody knows"
    assert sum(one.held for one in labels.effective(EQUIPMENT)) == len(flipped) == FLIPPED, "they stay visible"
    (hold,) = json.loads(shell("labels", "held", "--json"))
    assert (hold["by"], hold["pattern"], len(hold["labels"])) == ("mallory", "overturns", FLIPPED)
    assert f"mallory contradicts what others said {FLIPPED} times of {FLIPPED}" in shell("labels", "held")

    assert train(shell, csv_file) == 1
    assert (count(owner, "label_hold"), count(owner, "label_held")) == (1, FLIPPED), "found again, held once"
    with owner.connect() as connection:
        (told,) = connection.execute(text("SELECT body ->> 'text' FROM outbox WHERE kind = 'text'")).scalars()
    assert told.startswith(f"⚠ equipment: mallory contradicts what others said {FLIPPED} times")

    assert shell("labels", "release", "1", "--as", "Eve", "--why", "she was right") == (
        f"hold 1 is released: its {FLIPPED} labels teach the next model\n"
    )
    assert train(shell, csv_file) == 1 + FLIPPED
    assert count(owner, "label_hold") == 1, "what was decided is not asked again"
    assert shell("labels", "held") == "no label is held\n"


def test_a_later_model_that_did_not_learn_an_answer_is_a_witness_against_it(
    shell: Shell, owner: Engine, csv_file: str
) -> None:
    for _ in range(2):
        assert train(shell, csv_file) == 0
    # So few that their number alone is no burst.
    incidents = [answered(owner, EQUIPMENT, Verdict.NOT_SURE, *HOT) for _ in range(FEW)]
    with owner.begin() as connection:
        mallory = connection.execute(text(_MALLORY)).scalar_one()
    for incident in incidents:
        AnsweredIncident(owner, {**incident.names, "operator": mallory}).label(Verdict.FALSE_ALARM, HOT)
    assert train(shell, csv_file) == FEW, "nobody else spoke, and the champion itself raised these alerts"
    promote(shell, 3)
    assert train(shell, csv_file) == FEW, "version 3 learnt them: it is no witness"
    promote(shell, 2)
    assert train(shell, csv_file) == 0, "version 2 came after the alerts, knows nothing of the answers and is sure"
    (hold,) = json.loads(shell("labels", "held", "--json"))
    assert (hold["by"], hold["pattern"], len(hold["labels"])) == ("mallory", "overturns", FEW)


def promote(shell: Shell, number: int) -> None:
    shell("models", "promote", "equipment", str(number), "--force", "--as", "Eve", "--reason", "a test")


def test_on_the_page_an_engineer_decides_as_in_the_shell(
    shell: Shell, owner: Engine, flipped: list[AnsweredIncident], csv_file: str, database_url: str
) -> None:
    train(shell, csv_file)
    api = connect(database_url, "page")
    holds = PostgresShownHolds(api)
    with owner.connect() as connection:
        eve = connection.execute(text("SELECT id FROM operator WHERE name = 'Eve'")).scalar_one()
    (hold,) = holds.waiting(eve, "equipment")
    assert (hold.by, hold.count, {one.verdict for one in hold.answers}) == ("mallory", FLIPPED, {Verdict.FALSE_ALARM})
    assert {one.alert for one in hold.answers} == {one.names["alert"] for one in flipped}
    assert holds.waiting(**_of_mallory(owner), machine="equipment") == [], "who does not follow the machine"
    assert holds.decide(hold.hold, "refused", "Eve", "pressed at random") == FLIPPED
    assert holds.waiting(eve, "equipment") == []
    with pytest.raises(UserError, match="was decided already"):
        holds.decide(hold.hold, "released", "Eve", "changed my mind")
    api.dispose()
    assert "refused by Eve: pressed at random" in shell("labels", "held", "--decided")


def test_what_an_engineer_refused_never_teaches_and_what_was_said_before_counts_again(
    shell: Shell, owner: Engine, flipped: list[AnsweredIncident], csv_file: str
) -> None:
    train(shell, csv_file)
    late = AnsweredIncident(owner, {**flipped[0].names, **_of_mallory(owner)})
    late.label(Verdict.FAULT, HOT)
    train(shell, csv_file)
    assert count(owner, "label_held") == FLIPPED + 1, "while it is held, so is what the same person says"
    with pytest.raises(UserError, match="no engineer is named mallory"):
        shell("labels", "refuse", "1", "--as", "mallory", "--why", "mine")
    shell("labels", "refuse", "1", "--as", "Eve", "--why", "pressed at random")
    with pytest.raises(UserError, match="was decided already"):
        shell("labels", "release", "1", "--as", "Eve", "--why", "changed my mind")
    with pytest.raises(UserError, match="there is no hold 7"):
        shell("labels", "release", "7", "--as", "Eve", "--why", "x")
    assert train(shell, csv_file) == 1 + FLIPPED
    with owner.connect() as connection:
        newest = "SELECT lineage -> 'label_ids' FROM model_version ORDER BY number DESC LIMIT 1"
        taught = connection.execute(text(newest)).scalar_one()
        of_mallory = text("SELECT id FROM label WHERE operator = :operator")
        assert not set(taught) & set(connection.execute(of_mallory, _of_mallory(owner)).scalars())
    with owner.connect() as connection:
        (entry,) = connection.execute(text("SELECT actor, action, detail FROM audit")).all()
    assert tuple(entry) == ("Eve", "labels refused", {"hold": 1, "why": "pressed at random"})
    assert "refused by Eve: pressed at random" in shell("labels", "held", "--decided")


def _of_mallory(owner: Engine) -> dict[str, int]:
    with owner.connect() as connection:
        found = connection.execute(text("SELECT id FROM operator WHERE name = 'mallory'")).scalar_one()
    return {"operator": int(found)}


_MALLORY = "INSERT INTO operator (name, role) VALUES ('mallory', 'operator') RETURNING id"
