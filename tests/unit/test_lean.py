"""A consumer is small: it never loads what it never uses."""

import subprocess
import sys

from app.wiring import ROOT

_AS_A_CONSUMER = """
import sys
from app.lean import without_tables
without_tables(["consumer"])
import app.commands.consumer, sklearn.ensemble
print(sorted({"pandas", "pyarrow", "shap", "numba", "matplotlib"} & set(sys.modules)))
"""
_AS_ANOTHER_PROGRAM = """
import sys
import model.estimators, model.one_class, model.steps
print(sorted({"msgspec", "confluent_kafka", "sqlalchemy", "boto3"} & set(sys.modules)))
"""


def test_a_consumer_loads_no_tables_and_explains_nothing() -> None:
    assert run(_AS_A_CONSUMER) == "[]\n"


def test_what_is_pickled_into_a_model_needs_numpy_and_scikit_learn_alone() -> None:
    assert run(_AS_ANOTHER_PROGRAM) == "[]\n"


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
