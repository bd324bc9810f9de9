"""A model that somebody already has, brought in from its pickles."""

import json
import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from core.errors import UserError
from tests.shell import Shell

SENSORS = ["temperature", "vibration", "humidity", "pressure"]


@pytest.fixture
def equipment_csv(tmp_path: Path) -> Path:
    """400 labelled rows with every sensor; one in ten is hot and faulty."""
    random = np.random.default_rng(7)
    faulty = np.arange(400) % 10 == 0
    table = pd.DataFrame(
        {
            "temperature": random.normal(65, 4, 400) + 40 * faulty,
            "vibration": random.normal(1.5, 0.3, 400),
            "humidity": random.normal(50, 8, 400),
            "pressure": random.normal(35, 2, 400),
            "faulty": faulty.astype(int),
        }
    )
    path = tmp_path / "equipment.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture
def pickles(equipment_csv: Path, tmp_path: Path) -> tuple[str, str]:
    """A scaler by joblib and a forest by pickle, as the older system keeps them."""
    table = pd.read_csv(equipment_csv)
    scaler = StandardScaler().fit(table[SENSORS])
    forest = RandomForestClassifier(20, random_state=3).fit(scaler.transform(table[SENSORS]), table["faulty"])
    joblib.dump(scaler, tmp_path / "scaler.joblib")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(forest))
    return str(tmp_path / "scaler.joblib"), str(tmp_path / "model.pkl")


def test_a_scaler_and_a_forest_become_champion_and_answer_as_before(
    shell: Shell, equipment_csv: Path, pickles: tuple[str, str], tmp_path: Path
) -> None:
    brought = json.loads(
        shell(
            "models", "import", "equipment", *pickles, "--csv", str(equipment_csv), "--trust", "--as", "Ada", "--json"
        )
    )
    assert (brought["version"], brought["promoted"], brought["train_rows"]) == (1, True, 0)
    shown = json.loads(shell("models", "show", "equipment", "--json"))["manifest"]
    assert (shown["created_by"], shown["algorithm"]) == ("Ada", "rf")
    assert "equipment v1 is good" in shell("models", "verify", "equipment")
    shell("score", str(equipment_csv), "--machine", "equipment", "--out", str(tmp_path / "scored.parquet"))
    table = pd.read_csv(equipment_csv)
    scaler, forest = joblib.load(pickles[0]), pickle.loads(Path(pickles[1]).read_bytes())  # noqa: S301 (made above)
    expected = forest.predict_proba(scaler.transform(table[SENSORS]))[:, 1]
    np.testing.assert_allclose(pd.read_parquet(tmp_path / "scored.parquet")["probability"], expected, atol=1e-9)


def test_a_model_of_three_sensors_serves_a_machine_of_four_where_its_columns_are_said(
    shell: Shell, equipment_csv: Path, tmp_path: Path
) -> None:
    table, said = pd.read_csv(equipment_csv), ["temperature", "vibration", "humidity"]
    table.drop(columns="pressure").to_csv(equipment_csv, index=False)
    forest = RandomForestClassifier(20, random_state=3).fit(table[said].to_numpy(), table["faulty"])
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(forest))
    bring = ["models", "import", "equipment", str(tmp_path / "model.pkl"), "--csv", str(equipment_csv), "--trust"]
    with pytest.raises(UserError, match="such as --sensors temperature,vibration,humidity"):
        shell(*bring)
    shell(*bring, "--sensors", ", ".join(said))
    shell("score", str(equipment_csv), "--machine", "equipment", "--out", str(tmp_path / "scored.parquet"))
    expected = forest.predict_proba(table[said].to_numpy())[:, 1]
    np.testing.assert_allclose(pd.read_parquet(tmp_path / "scored.parquet")["probability"], expected, atol=1e-9)


def test_beside_a_champion_it_is_a_version_that_a_person_promotes_by_name(
    shell: Shell, equipment_csv: Path, pickles: tuple[str, str]
) -> None:
    shell("train", "equipment", "--csv", str(equipment_csv), "--model", "lr")
    said = shell("models", "import", "equipment", *pickles, "--csv", str(equipment_csv), "--trust")
    assert "refused equipment v2: it was imported, so it may have been fitted to these very rows" in said
    shell("models", "promote", "equipment", "2", "--force", "--as", "Ada", "--reason", "shadowed for a week")
    again = shell("train", "equipment", "--csv", str(equipment_csv), "--model", "lr")
    assert "equipment v3" in again


def test_nothing_is_opened_before_somebody_said_that_the_pickles_are_trusted(
    shell: Shell, equipment_csv: Path, pickles: tuple[str, str]
) -> None:
    with pytest.raises(UserError, match="add --trust"):
        shell("models", "import", "equipment", *pickles, "--csv", str(equipment_csv))
