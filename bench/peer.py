"""A peer as a process of its own environment, made from bench/requirements.txt at first need."""

import filecmp
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bench.database import Database
from bench.installation import Installation, Topic, Trained
from bench.peers.task import Task
from bench.process import ROOT, last_words
from bench.progress import Progress
from core.errors import UserError

PEERS = ("quix_sink", "quix_batched", "naive")
ENVIRONMENT = ROOT / ".venv-bench"
_REQUIREMENTS = ROOT / "bench" / "requirements.txt"


class Peered(NamedTuple):
    """What a peer took, and whether its table holds what it should."""

    readings_per_s: float
    """From its first message on: its start-up does not count."""
    messages: int
    stored: int
    distinct_ids: int
    complete: bool
    """Every message is stored, once."""


def run_peer(
    name: str, messages: int, installation: Installation, topic: Topic, trained: Trained, database: Database
) -> Peered:
    """Let a peer store the first so many messages of the topic. UserError where it fails."""
    address = urlsplit(database.url)
    task = Task(
        bootstrap=installation.kafka["bootstrap.servers"],
        topic=topic.name,
        group=database.name,
        host=address.hostname or "",
        port=address.port or 5432,
        user=address.username or "",
        password=unquote(address.password or ""),
        database=database.name,
        model=str(trained.pickle),
        messages=messages,
    )
    said = installation.folder / f"{name}.log"
    with said.open("wb") as log:
        done = subprocess.run(
            [ENVIRONMENT / "bin" / "python", "-m", f"bench.peers.{name}"],
            cwd=installation.folder,  # Quix makes a folder for its state where it runs
            env={"PATH": "/usr/bin:/bin", "HOME": str(installation.folder), "PYTHONPATH": str(ROOT)},
            input=json.dumps(task._asdict()).encode(),
            stdout=subprocess.PIPE,
            stderr=log,
            check=False,
        )
    if done.returncode:
        raise UserError(f"{name} ended with {done.returncode}: {last_words(said)}")
    answer = json.loads(done.stdout.splitlines()[-1])
    ((stored, distinct),) = database.rows("SELECT count(*), count(DISTINCT id::text) FROM reading_scored")
    complete = stored == distinct == answer["messages"]
    return Peered(answer["messages"] / answer["seconds"], answer["messages"], stored, distinct, complete)


def prepare_peers(progress: Progress) -> None:
    """Make the peers' environment unless it holds these very requirements. UserError without a network."""
    stamp = ENVIRONMENT / "installed.txt"
    if stamp.exists() and filecmp.cmp(stamp, _REQUIREMENTS, shallow=False):
        return
    progress.say("installing the peers into .venv-bench (only when bench/requirements.txt changed)")
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    command: list[str | Path] = [ENVIRONMENT / "bin" / "python", *install, _REQUIREMENTS]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise UserError("the packages of bench/requirements.txt could not be installed: check the network")
    shutil.copyfile(_REQUIREMENTS, stamp)


def peer_versions() -> dict[str, str]:
    """Of what the peers are made of."""
    packages = next((ENVIRONMENT / "lib").glob("python*/site-packages"), None)
    if packages is None:
        return {}  # none of them was asked for
    found = (path.name.removesuffix(".dist-info").rpartition("-") for path in packages.glob("*.dist-info"))
    names = {"quixstreams", "confluent_kafka", "psycopg2_binary"}
    return {name.replace("_", "-"): version for name, _, version in found if name in names}
