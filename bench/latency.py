"""`bench latency`: from produce() to committed in Postgres, at even rates, with the settings of the throughput run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.commits import Commits
from bench.installation import Installation, Topic, Trained
from bench.paced import Paced, Published, simulated
from bench.process import Process
from bench.stream import DEVICES, PARTITIONS
from bench.waiting import wait

_NAMED_RATE = 2_000
"""The rate whose figures are the headline."""
_FAULT_RATE = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """At which rates, for how long."""

    rates: Sequence[int] = (200, 2_000, 20_000)
    seconds: float = 20.0
    warm_up_s: float = 3.0
    algorithms: Sequence[str] = ("lr", "rf")


QUICK = Plan(seconds=2.0, warm_up_s=1.0, algorithms=("lr",))


def latency(installation: Installation, plan: Plan) -> dict[str, Any]:
    """p50, p99, p99.9 and the worst, by model and rate; the headline is logistic regression at 2 000 a second."""
    by_model: dict[str, dict[str, Any]] = {}
    with installation.trained(plan.algorithms) as trained:
        for algorithm, model in trained.items():
            by_model[algorithm] = _of_model(installation, plan, model)
    first = by_model[plan.algorithms[0]]
    return {
        "settings": {"partitions": PARTITIONS, "devices": DEVICES, "seconds": plan.seconds, "linger_ms": 5},
        "latency_ms": first[str(_NAMED_RATE)],
        "by_rate": first,
        "by_model": by_model,
    }


def _of_model(installation: Installation, plan: Plan, trained: Trained) -> dict[str, Any]:
    topic = installation.topic(f"bench-latency-{trained.algorithm}", PARTITIONS)
    with installation.database(trained) as database, installation.consumer(topic, trained, database) as consumer:
        wait(lambda: database.rows(_ASSIGNED) == [(PARTITIONS,)], consumer, "did not get its partitions")
        found = {}
        for rate in plan.rates:
            with Commits(database.url) as commits:
                published = _publish(installation, topic, rate, plan.warm_up_s + plan.seconds, commits, consumer)
            found[str(rate)] = _figures(published.after(plan.warm_up_s), commits)
            installation.progress.say(
                f"{trained.algorithm} at {rate:,} readings/s: "
                f"p50 {found[str(rate)]['p50']:.1f} ms, p99 {found[str(rate)]['p99']:.1f} ms"
            )
    return found


def _publish(
    installation: Installation, topic: Topic, rate: int, seconds: float, commits: Commits, consumer: Process
) -> Published:
    """Publish at this rate, and wait until all of it is committed."""
    machine = installation.machine(topic.machines_directory)
    readings = simulated(machine, DEVICES, rate, seconds, _FAULT_RATE)
    published = Paced(installation.kafka, topic.name, readings, rate).publish()
    wait(lambda: commits.covers(published), consumer, f"did not store {len(published.at):,} readings")
    return published


def _figures(published: Published, commits: Commits) -> dict[str, float]:
    latencies = commits.latencies_ms(published)
    p50, p99, p999 = np.percentile(latencies, [50, 99, 99.9]).tolist()
    return {
        "p50": p50,
        "p99": p99,
        "p99_9": p999,
        "worst": float(latencies.max()),
        "readings": len(latencies),
        "readings_per_s": (len(latencies) - 1) / float(published.at[-1] - published.at[0]),
        "look_ms": commits.look_ms(),
    }


_ASSIGNED = "SELECT count(*) FROM ingest_partition WHERE owner <> ''"
