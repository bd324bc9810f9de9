"""A Spark session for one command."""

import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.spark.java import provide_java
from app.spark.shipped import write_code
from core import errors
from core.errors import FaultlineError, Unavailable, UserError

REQUIREMENTS = "requirements-spark.txt"
_OURS = re.compile(r"^core\.errors\.(UserError|ModelRefused|Unavailable): (.+)$", re.MULTILINE)


@contextmanager
def spark_session(master: str, data_directory: Path, keys: Mapping[str, str]) -> Iterator[Any]:
    """A pyspark.sql.SparkSession at this master, whose workers import our code; ended with the block.

    `keys`: by the names of environment variables, for workers on this machine; a cluster's have their own.
    What Spark fails with becomes one line of ours. Raises UserError, ModelRefused, Unavailable.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise UserError(
            f"pyspark is not installed: .venv/bin/python -m pip install --require-hashes -r {REQUIREMENTS}"
        ) from None
    provide_java(data_directory / "spark-java")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("faultline")
    for name, value in _configuration(master, keys).items():
        builder = builder.config(name, value)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="faultline-spark-") as folder:
        # It means its own conversions to pandas; our batches stay Arrow.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        try:
            session = builder.getOrCreate()
            try:
                code = Path(folder) / "faultline.zip"
                write_code(code)
                session.sparkContext.addPyFile(str(code))
                yield session
            finally:
                session.stop()
        except (PySparkException, Py4JError) as error:
            raise as_ours(str(error), master) from error


def _configuration(master: str, keys: Mapping[str, str]) -> dict[str, str]:
    """What is not for spark-defaults.conf to say."""
    ours = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower(),
        # Readings and bad rows of a task are written side by side instead of sorted apart first.
        "spark.sql.maxConcurrentOutputFileWriters": "2",
    }
    if master.startswith("local"):
        ours |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
        ours |= {f"spark.executorEnv.{name}": key for name, key in keys.items() if key}
    return ours


def as_ours(said: str, master: str) -> FaultlineError:
    """What a worker raised of ours; else that Spark failed, in its own first words."""
    if found := _OURS.search(said):
        kind: type[FaultlineError] = getattr(errors, found.group(1))
        return kind(found.group(2).strip())
    first = next((line.strip() for line in said.splitlines() if line.strip()), "it said nothing")
    return Unavailable(f"Spark at {master} failed: {first} (its own log, above, says more)")
