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


def test_a_consumer_loads_no_tables_and_explains_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _AS_A_CONSUMER], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout == "[]\n", done.stderr
