"""`lock`: pin every requirement with its hashes."""

import re
import subprocess
import sys
import tempfile

import click

from app.wiring import ROOT

_UV = [
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "./run lock"),
]
_FILES = {
    "requirements.txt": ["pyproject.toml"],
    "requirements-local.txt": ["--group", "local", "--constraint", "requirements.txt"],
    "requirements-spans.txt": ["--group", "spans", "--constraint", "requirements.txt"],
    "requirements-mlflow.txt": ["--group", "mlflow", "--constraint", "requirements.txt"],
    "deploy/mlflow/requirements-server.txt": ["--group", "mlflow-server", "--no-annotate"],
    "requirements-spark.txt": ["--group", "spark", "--constraint", "requirements.txt"],
    "deploy/schedule/requirements-airflow.txt": ["--group", "airflow", "--no-annotate"],
    "requirements-dev.txt": [
        *("--group", "dev", "--constraint", "requirements.txt"),
        *("-c", "requirements-local.txt", "-c", "requirements-spans.txt"),
    ],
}
_BENCH = {"bench/requirements.txt": "bench", "bench/requirements-mlflow.txt": "bench-mlflow"}
_OLDER_THERE = ("confluent-kafka==", "pydantic==", "pydantic-core==")
"""What the bench's peers cannot share with us."""


@click.command(short_help="Lock the requirements with hashes.")
@click.option("--upgrade", is_flag=True, help="To the newest versions; otherwise what is locked stays.")
def command(upgrade: bool) -> None:
    """Lock the requirements with hashes, for every Python and platform at once."""
    for file, source in _FILES.items():
        _lock(file, source, upgrade)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="ascii") as ours:
        ours.write(_shared_pins((ROOT / "requirements.txt").read_text(encoding="ascii")))
        ours.flush()
        for file, group in _BENCH.items():
            _lock(file, ["--group", group, "--no-annotate", "--constraint", ours.name], upgrade)


def _lock(file: str, source: list[str], upgrade: bool) -> None:
    arguments = [*_UV, *source, "--output-file", file, *(["--upgrade"] if upgrade else [])]
    if subprocess.run([sys.executable, "-m", "uv", *arguments], cwd=ROOT, check=False).returncode:
        sys.exit(2)
    click.echo(f"locked {file}")


def _shared_pins(requirements: str) -> str:
    """Our pins without their hashes: the peers load our model, so they need our numpy and scikit-learn."""
    pins = re.findall(r"^([\w.-]+==[^\\\n]+)", requirements, flags=re.MULTILINE)
    return "".join(f"{pin.strip()}\n" for pin in pins if not pin.startswith(_OLDER_THERE))
