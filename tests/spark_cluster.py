"""A Spark cluster on this machine: a master and two workers, each a process of its own, from what pyspark brings."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

from app.spark.java import provide_java
from tests.processes import end, wait_until

_HERE = "127.0.0.1"
_STARTS_WITHIN_S = 300.0
"""A Java machine beside benchmarks takes its time."""
_MASTER = re.compile(r"Starting Spark master at (spark://\S+)")
_WORKER = re.compile(r"Registering worker ")
_LOGGING = """\
rootLogger.level = info
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %m%n%ex
"""


@contextmanager
def cluster_of_two(folder: Path, workers: Mapping[str, str]) -> Iterator[str]:
    """Its address, `spark://…`; all processes end with the block. `workers`: what is in their environment alone."""
    provide_java(folder / "java")
    (folder / "conf").mkdir()
    (folder / "conf" / "log4j2.properties").write_text(_LOGGING)
    with ExitStack() as running:
        listening = ("--host", _HERE, "--port", "0", "--webui-port", "0")
        log = running.enter_context(_started("master.Master", folder / "master", {}, *listening))
        wait_until(lambda: bool(_MASTER.search(log.read_text())), "the master listens", _STARTS_WITHIN_S)
        (address,) = _MASTER.findall(log.read_text())
        for number in range(2):
            size = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{number}"))
            one = _started("worker.Worker", folder / f"worker-{number}", workers, *listening, *size, address)
            running.enter_context(one)
        wait_until(lambda: len(_WORKER.findall(log.read_text())) == 2, "both workers are known", _STARTS_WITHIN_S)
        yield address


@contextmanager
def _started(name: str, log: Path, its_own: Mapping[str, str], *arguments: str) -> Iterator[Path]:
    """One of Spark's processes, and what it says."""
    home = Path(pyspark.__file__).parent
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(log.parent / "conf"),
        "SPARK_LOCAL_IP": _HERE,
        "SPARK_DAEMON_MEMORY": "256m",
        **its_own,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield log
        finally:
            end(process)
