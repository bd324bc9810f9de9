"""`./run import --labels-by`: what a file calls faults are labels of the engineer who imports it, one a trouble."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from core.errors import UserError
from db.operators import Operator, PostgresOperators
from db.training_labels import PostgresTrainingLabels
from tests.judged_log import EQUIPMENT
from tests.processes import Running, wait_until
from tests.shell import Shell

CHUNK = 10_000
ROWS = 2 * CHUNK + 100
BEGIN = datetime(2021, 3, 1, tzinfo=UTC)
# Of p0: rows 10 to 18, over the first chunk's end, and one of an absent sensor among the last.
FAULTY = {*range(10, 20, 2), *range(CHUNK - 6, CHUNK + 6, 2), *range(ROWS - 10, ROWS, 2)}
ABSENT = ROWS - 4


def at(row: int) -> datetime:
    return BEGIN + timedelta(minutes=row)


@pytest.fixture
def trained(shell: Shell, owner: Engine, csv_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    for name, role in (("Ada", "engineer"), ("Bob", "operator")):
        PostgresOperators(owner).add(Operator(name, role, "UTC", None, []))
    lines = ["device,time,temperature,vibration,humidity,faulty"]
    for row in range(ROWS):
        sensors = f"{'' if row == ABSENT else 60 + row % 23},{1 + row % 7 / 10},{40 + row % 31}"
        lines.append(f"p{row % 2},{at(row).isoformat()},{sensors},{int(row in FAULTY)}")
    Path("old.csv").write_text("\n".join(lines))
    return shell


def imported(shell: Shell, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell("import", "equipment", *arguments, "--json"))
    return found


def labels(owner: Engine) -> list[tuple[Any, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(_LABELS))]


TOLD = [
    ("Ada", "p0", at(10), [10, 12, 14, 16, 18]),
    ("Ada", "p0", at(CHUNK - 6), [CHUNK + step for step in range(-6, 6, 2)]),
    ("Ada", "p0", at(ROWS - 10), [ROWS - 10, ROWS - 8, ROWS - 6, ROWS - 2]),
]


def test_each_trouble_is_one_label_also_after_a_kill_and_of_readings_that_were_there(
    trained: Shell, owner: Engine, environment: Mapping[str, str], tmp_path: Path
) -> None:
    imported(trained, "old.csv", "--until", at(5).isoformat())
    with owner.connect() as blocker:
        begun = blocker.begin()
        # Whoever wants to store this reading, of the second chunk, waits for us.
        blocker.execute(text(_BLOCK), {"time": at(CHUNK + 50)})
        asked = ["import", "equipment", str(tmp_path / "old.csv"), "--labels-by", "Ada"]
        killed = Running([*asked, "--bad", str(tmp_path / "bad.csv")], environment, tmp_path / "log")
        try:
            wait_until(lambda: len(labels(owner)) == 2, "the first chunk is stored", seconds=90)
        finally:
            killed.kill()
        begun.rollback()
    assert imported(trained, "old.csv", "--labels-by", "Ada")["labelled"] == 3 + 4
    assert labels(owner) == TOLD
    again = imported(trained, "old.csv", "--labels-by", "Ada")
    assert (again["stored"], again["labelled"]) == (0, 0)
    said = trained("import", "equipment", "old.csv", "--labels-by", "Ada")
    assert "no reading is newly labelled as a fault: that is what the label's column calls '1'" in said
    assert labels(owner) == TOLD
    taught = PostgresTrainingLabels(owner).effective(EQUIPMENT)
    assert [(one.verdict.value, len(one.sensors), one.held) for one in taught] == [
        ("fault", 5, False),
        ("fault", 6, False),
        ("fault", 4, False),
    ]
    exported = json.loads(trained("export", "equipment", "--out", "all.csv", "--assume-normal", "--json"))
    assert (exported["faults"], exported["assumed_normal"]) == (15, ROWS - 16)


def test_labels_may_be_asked_for_later_and_are_left_aside_where_nobody_asks(trained: Shell, owner: Engine) -> None:
    assert imported(trained, "old.csv")["labelled"] == 0
    assert labels(owner) == []
    found = imported(trained, "old.csv", "--labels-by", "Ada")
    assert (found["stored"], found["labelled"]) == (0, 15)
    assert labels(owner) == TOLD


def test_who_may_not_label_and_what_tells_no_label_is_said(trained: Shell, owner: Engine) -> None:
    for name in ("Bob", "Nobody"):
        with pytest.raises(UserError, match=f"no engineer is named {name}: give --labels-by"):
            imported(trained, "old.csv", "--labels-by", name)
    Path("plain.csv").write_text(f"device,time,temperature,vibration,humidity\np0,{BEGIN.isoformat()},70,1.5,50\n")
    with pytest.raises(UserError, match=r"plain.csv has no column 'faulty' \(label\)"):
        imported(trained, "plain.csv", "--labels-by", "Ada")
    assert labels(owner) == []


_LABELS = """
    SELECT o.name, d.name, l.since,
           array_agg(CAST(extract(epoch FROM r.time - timestamptz '2021-03-01Z') / 60 AS integer) ORDER BY r.time)
      FROM label l JOIN operator o ON o.id = l.operator JOIN device d ON d.id = l.device
      JOIN labelled_reading r ON r.label = l.id
     WHERE l.source = 'import' GROUP BY l.id, o.name, d.name ORDER BY l.since"""
_BLOCK = """
    INSERT INTO imported_reading (device, time, kafka_offset) SELECT id, :time, 0 FROM device WHERE name = 'p0'"""
