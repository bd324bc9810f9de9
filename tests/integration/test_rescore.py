"""`./run rescore`: stored readings scored again decide as the consumer did, or as another version would have."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from core.errors import ModelRefused, UserError
from tests.builders import NOON
from tests.judged_log import EQUIPMENT, LOG, SHAKY, judged_log
from tests.shell import Shell


@pytest.fixture
def world(shell: Shell, owner: Engine, database_url: str, environment: Mapping[str, str], tmp_path: Path) -> Shell:
    judged_log(shell, owner, database_url, environment, tmp_path)
    return shell


def rescored(world: Shell, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world("rescore", "equipment", *arguments, "--json"))
    return found


def at(offset: int) -> str:
    return (NOON + timedelta(seconds=offset)).isoformat()


def stored(owner: Engine, query: str) -> list[tuple[Any, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_version_that_scored_them_decides_as_it_did_whatever_the_period(world: Shell) -> None:
    # From the beginning; from within the first incident; from between the two.
    for since, incidents in ((0, 2), (16, 1), (25, 1)):
        found = rescored(world, "--version", "1", "--since", at(since))
        assert found["tally"] == {
            "readings": len(LOG) - since,
            "scored": len(LOG) - since,
            "same_version": len(LOG) - since,
            "differing": 0,
        }
        assert found["alarms"] == {"then": incidents, "now": incidents, "gained": [], "lost": []}
        assert found["confirmed"]["missed"] == found["refuted"]["vanished"] == []


def test_another_version_says_what_it_would_gain_lose_and_miss(world: Shell, owner: Engine) -> None:
    before = stored(owner, _WRITTEN)
    found = rescored(world, "--version", "2")
    assert found["tally"]["same_version"] == 0
    (first, second) = stored(owner, _ANSWERED)
    lost = found["alarms"]["lost"]
    assert [(one["incident"], one["alert"], one["label"], one["offset"]) for one in lost] == [first, second]
    (gained,) = found["alarms"]["gained"]
    shaky = [offset for offset, (device, sensors) in enumerate(LOG) if sensors == SHAKY]
    assert (gained["device"], gained["offset"]) == ("oven-2", shaky[EQUIPMENT.incident.open_after - 1])
    assert (found["alarms"]["then"], found["alarms"]["now"]) == (2, 1)
    assert [(one["alert"], one["by"]) for one in found["confirmed"]["missed"]] == [(1, "Ada")]
    assert [one["alert"] for one in found["refuted"]["vanished"]] == [2]
    assert (found["confirmed"]["rate"], found["refuted"]["rate"]) == (1.0, 1.0)
    assert stored(owner, _WRITTEN) == before, "nothing was written"

    until = rescored(world, "--version", "2", "--until", at(40))
    assert (until["alarms"]["gained"], len(until["alarms"]["lost"]), until["refuted"]["troubles"]) == ([], 1, 0)


def test_a_trouble_whose_readings_were_dropped_is_not_called_lost(world: Shell, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM reading WHERE kafka_offset < 30"))
    said = world("rescore", "equipment", "--version", "1")
    assert "alarms: 1 then, 1 now; 0 gained, 0 lost" in said
    assert "1 troubles of that time cannot be judged" in said


def test_what_cannot_be_scored_again_is_one_line(world: Shell) -> None:
    with pytest.raises(ModelRefused, match="no record of equipment v9"):
        world("rescore", "equipment", "--version", "9")
    with pytest.raises(UserError, match="is not before"):
        world("rescore", "equipment", "--version", "1", "--since", "2026-03-02", "--until", "2026-03-01")


_WRITTEN = """
    SELECT (SELECT count(*) FROM incident), (SELECT count(*) FROM outbox), (SELECT sum(score) FROM reading),
           (SELECT count(*) FROM device_state), (SELECT max(owner_epoch) FROM ingest_partition)"""
_ANSWERED = """
    SELECT i.id, a.id, l.id, i.since_offset FROM incident i JOIN alert a ON a.incident = i.id
      JOIN label l ON l.incident = i.id ORDER BY i.id"""
