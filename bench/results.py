"""The files of results, as whoever shows them reads them."""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from core.errors import UserError

FOLDER = Path(__file__).parent / "results"

CONTENDERS = {
    "bare": "fetching only",
    "copy": "prebuilt COPY only",
    "lr": "Faultline, LR",
    "rf": "Faultline, RF(100)",
    "quix_batched": "Quix Streams, batched",
    "quix_sink": "Quix Streams, its sink",
    "naive": "naive loop",
}
"""What each contender of the stream is called."""
AXES = {
    "devices": "devices",
    "stored": "stored before",
    "partitions": "partitions",
    "consumers": "consumers",
}
"""What each axis of the growth is called."""
SERVERS = {"faultline": "Faultline, `./run api`", "mlflow": "MLflow's model server"}
"""What each server of single predictions is called."""
READERS = {
    "ours": "Faultline, `./run score`",
    "spark": "Faultline, `./run score --engine spark --master local[2]`",
    "pandas_whole": "pandas, all files read as a whole, one `predict_proba`",
}
"""What each way to score files is called."""
MODELS = {"lr": "logistic regression", "rf": "a forest of 100 trees", "hgb": "gradient boosting"}
"""What each algorithm is called."""


class Results(NamedTuple):
    """The reports of the benches that docs/performance.md shows as tables."""

    stream: dict[str, Any]
    latency: dict[str, Any]
    growth: dict[str, Any]
    api: dict[str, Any]
    bulk: dict[str, Any]


def read_results(folder: Path) -> Results:
    """What was measured. UserError names what is missing."""
    return Results(*(_read(folder, name) for name in Results._fields))


def short(number: float) -> str:
    """1000 as `1 k`, a million as `1 M`."""
    for size, letter in ((1_000_000, " M"), (1_000, " k")):
        if number >= size:
            return f"{number / size:.4g}{letter}"
    return f"{number:.4g}"


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.json.decode((folder / f"{name}.json").read_bytes())
    except FileNotFoundError:
        raise UserError(f"{folder / name}.json is missing: measure it with ./run bench {name}") from None
    if found["quick"]:
        raise UserError(f"{folder / name}.json is of a --quick run, whose figures mean nothing: ./run bench {name}")
    return found
