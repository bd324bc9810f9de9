"""`bench stream`: readings a second from Kafka to Postgres; ours, its limit, and others' ways, side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any

from bench.bare import bare_consume
from bench.installation import Installation, Topic, Trained
from bench.limit import copy_prebuilt, stored_batches
from bench.ours import consume_backlog, counted
from bench.peer import PEERS, run_peer
from bench.peer_environment import STREAMS

CONTENDERS = ("lr", "rf", "copy", "bare", *PEERS)
SHADOW = "lr_shadow"
"""As "lr", with another version in the shadow; runs where it is asked for by name."""
PARTITIONS = 4
DEVICES = 20
_OURS = ("lr", "rf")
_RATIOS = {
    "lr_shadow_vs_lr": (SHADOW, "lr"),
    "lr_vs_copy": ("lr", "copy"),
    "rf_vs_copy": ("rf", "copy"),
    "lr_vs_bare": ("lr", "bare"),
    "lr_vs_quix_sink": ("lr", "quix_sink"),
    "lr_vs_quix_batched": ("lr", "quix_batched"),
    "lr_vs_naive": ("lr", "naive"),
}

Run = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, over how much, how often."""

    messages: int = 2_000_000
    rounds: int = 3
    contenders: Sequence[str] = CONTENDERS
    peers: Mapping[str, int] = field(
        default_factory=lambda: {"quix_sink": 15_000, "quix_batched": 600_000, "naive": 8_000}
    )
    """Messages that each peer takes: about half a minute's."""


QUICK = Plan(messages=150_000, rounds=1, peers={"quix_sink": 1_000, "quix_batched": 10_000, "naive": 300})
"""Enough to see that everything works; its figures mean nothing."""


class Contest:
    """Contenders over one backlog."""

    def __init__(
        self, installation: Installation, topic: Topic, trained: Mapping[str, Trained], peers: Mapping[str, int]
    ) -> None:
        self._installation = installation
        self._topic = topic
        self._trained = trained
        self._batches: Sequence[bytes] = ()
        self._runners: Mapping[str, Callable[[], Run]] = {
            "lr": partial(self._ours, "lr"),
            "rf": partial(self._ours, "rf"),
            SHADOW: self._beside,
            "copy": self._copy,
            "bare": lambda: bare_consume(installation, topic)._asdict(),
            **{name: partial(self._peer, name, messages) for name, messages in peers.items()},
        }

    def run(self, contender: str) -> Run:
        """Let one of them take the backlog."""
        return self._runners[contender]()

    def _ours(self, algorithm: str) -> Run:
        trained = self._trained[algorithm]
        with self._installation.database(trained) as database:
            consumed = consume_backlog(self._installation, self._topic, trained, database)
            counts = counted(database)
            if algorithm == "lr":
                self._batches = stored_batches(database)
        return {**consumed._asdict(), **counts._asdict(), "complete": counts.distinct_ids == self._topic.messages}

    def _beside(self) -> Run:
        trained = self._trained["lr"]
        with self._installation.database(trained) as database:
            self._installation.put_in_the_shadow(trained, database)
            consumed = consume_backlog(self._installation, self._topic, trained, database)
            counts = counted(database)
            ((scored,),) = database.rows("SELECT count(*) FROM shadow_score")
        complete = counts.distinct_ids == self._topic.messages
        return {**consumed._asdict(), **counts._asdict(), "shadow_scored": scored, "complete": complete}

    def _copy(self) -> Run:
        if not self._batches:
            self._ours("lr")
        with self._installation.database(self._trained["lr"]) as database:
            rate = copy_prebuilt(database, self._batches)
            ((stored, distinct),) = database.rows("SELECT count(*), count(DISTINCT id) FROM reading")
        complete = stored == distinct == self._topic.messages
        return {"readings_per_s": rate, "transactions": len(self._batches), "stored": stored, "complete": complete}

    def _peer(self, name: str, messages: int) -> Run:
        with self._installation.empty_database() as database:
            return run_peer(name, messages, self._installation, self._topic, self._trained["lr"], database)._asdict()


def stream(installation: Installation, plan: Plan) -> dict[str, Any]:
    """Every contender once a round, so that what disturbs the machine disturbs all alike; figures and ratios."""
    progress = installation.progress
    if set(plan.contenders) & set(PEERS):
        STREAMS.prepare(progress)
    algorithms = [name for name in _OURS if name == "lr" or name in plan.contenders]  # peers take the one of "lr"
    with installation.trained(algorithms) as trained:
        topic = installation.backlog("bench-stream", PARTITIONS, plan.messages, DEVICES)
        contest = Contest(installation, topic, trained, plan.peers)
        rounds: dict[str, list[Run]] = {contender: [] for contender in plan.contenders}
        for number in range(1, plan.rounds + 1):
            for contender in plan.contenders:
                run = contest.run(contender)
                rounds[contender].append(run)
                rate = run["readings_per_s"]
                progress.say(f"round {number} of {plan.rounds}: {contender} {rate:,.0f} readings/s")
    return {
        "settings": {
            "messages": plan.messages,
            "rounds": plan.rounds,
            "partitions": PARTITIONS,
            "devices": DEVICES,
            "peers": {"messages": plan.peers, "versions": STREAMS.versions()},
        },
        **conclusions(rounds),
        "runs": {
            name: {"readings_per_s": median(run["readings_per_s"] for run in runs), "rounds": runs}
            for name, runs in rounds.items()
        },
    }


def conclusions(rounds: Mapping[str, Sequence[Run]]) -> dict[str, Any]:
    """Ratios of the medians of what ran, and the most memory that a consumer of ours held in any round."""
    rates = {name: median(run["readings_per_s"] for run in runs) for name, runs in rounds.items()}
    ours = [run["peak_rss_mb"] for name in _OURS for run in rounds.get(name, ())]
    return {
        "ratios": {
            name: rates[one] / rates[other] for name, (one, other) in _RATIOS.items() if one in rates and other in rates
        },
        "peak_rss_mb": max(ours, default=None),
    }
