"""A real MLflow server: SQLite, artifacts in a folder, on this machine alone; installed at its first need."""

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.ports import HOST, choose
from tests.apart import installed
from tests.processes import ROOT, end, wait_until

_STARTED_WITHIN_S = 300.0


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Its address; what it keeps lies in the folder."""
    programs = installed(".venv-mlflow", ROOT / "deploy" / "mlflow" / "requirements-server.txt")
    port = choose(["mlflow"], {}, {})["mlflow"]
    url = f"http://{HOST}:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [
        *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")),
        *("--host", HOST, "--port", str(port), "--workers", "1"),
    ]
    with (folder / "mlflow.log").open("ab") as log:
        process = subprocess.Popen(
            [programs / "mlflow", "server", *arguments],
            cwd=folder,
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:

        def answers() -> bool:
            assert process.poll() is None, (folder / "mlflow.log").read_text()[-3000:]
            return _healthy(url)

        wait_until(answers, "MLflow answers", _STARTED_WITHIN_S, pause=0.3)
        yield url
    finally:
        end(process)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:  # noqa: S310  # the address made above
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
