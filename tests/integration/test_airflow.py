"""The example for Airflow, run by a real one."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.wiring import ROOT
from tests.apart import installed
from tests.processes import run

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]

SCHEDULE = ROOT / "deploy" / "schedule"


@pytest.fixture(scope="module")
def airflow() -> Path:
    """Airflow's program, installed as it is locked."""
    return installed(".venv-airflow", SCHEDULE / "requirements-airflow.txt") / "airflow"


@pytest.fixture
def at_home(airflow: Path, environment: Mapping[str, str], csv_file: str, tmp_path: Path) -> Mapping[str, str]:
    """An Airflow with its own database beside an installation with a model, and a lake with the files of a day."""
    trained = run(["train", "equipment", "--csv", csv_file, "--model", "lr"], environment)
    assert trained.returncode == 0, trained.stderr
    day = tmp_path / "lake" / "2026-03-01"
    day.mkdir(parents=True)
    shutil.copyfile(csv_file, day / "readings.csv")
    (tmp_path / "lake" / "scores").mkdir()
    found = {
        **os.environ,
        **environment,
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(SCHEDULE),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "FAULTLINE": str(ROOT),
        "FAULTLINE_LAKE": str(tmp_path / "lake"),
    }
    subprocess.run([airflow, "db", "migrate"], env=found, check=True, capture_output=True, timeout=120)
    return found


def test_a_days_files_are_validated_and_scored(airflow: Path, at_home: Mapping[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [airflow, "dags", "test", "faultline_lake", "2026-03-01"],
        env=at_home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    scores = pq.read_table(tmp_path / "lake" / "scores" / "2026-03-01.parquet").to_pydict()
    assert len(scores["probability"]) == 400
    assert sum(scores["fault"]) == 40
