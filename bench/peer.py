"""A peer of the stream as a process of its own environment."""

import json
import subprocess
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bench.database import Database
from bench.installation import Installation, Topic, Trained
from bench.peer_environment import STREAMS
from bench.peers.task import Task
from bench.process import ROOT, last_words
from core.errors import UserError

PEERS = ("quix_sink", "quix_batched", "naive")


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
            [STREAMS.python, "-m", f"bench.peers.{name}"],
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
