"""For Airflow: each night the day's files of a lake are looked at, and scored if each of their rows is a reading.

Put it into Airflow's folder of DAGs, on a worker where Faultline lies in the folder that FAULTLINE names.
"""

import os
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

FAULTLINE = os.environ.get("FAULTLINE", "/srv/faultline")
LAKE = os.environ.get("FAULTLINE_LAKE", "/srv/lake")

with DAG(
    "faultline_lake",
    schedule="0 3 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "cwd": FAULTLINE,
        "env": {"LAKE": LAKE, "DAY": "{{ ds }}"},
        "append_env": True,
    },
):
    # Exit code 1: there are rows that are no readings, and the log names them by column and row.
    validate = BashOperator(task_id="validate", bash_command='./run validate "$LAKE/$DAY" --machine equipment')
    score = BashOperator(
        task_id="score",
        bash_command='./run score "$LAKE/$DAY" --machine equipment --out "$LAKE/scores/$DAY.parquet"',
    )
    validate >> score
