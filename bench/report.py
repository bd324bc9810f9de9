"""The report of a bench: the figures, and everything that they depend on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench.database import fresh
from bench.installation import Installation
from bench.machine import commit, machine, postgres_settings, versions
from consumer.kafka_log import consumer_config


def report(installation: Installation, name: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into the file of this bench."""
    with fresh(installation.server_url) as database:
        used, postgres = versions(database), postgres_settings(database)
    consumer = {key: value for key, value in consumer_config({}, "", 10_000).items() if key != "group.id"}
    settings = {**figures.get("settings", {}), "consumer": consumer, "postgres": postgres}
    return {**heading(name, used), **figures, "settings": settings}


def heading(name: str, used: Mapping[str, str]) -> dict[str, Any]:
    """When, where and with which versions this bench was run."""
    return {
        "bench": name,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": used,
        "commit": commit(),
    }


def write(file: Path, content: Mapping[str, Any]) -> None:
    """The report as JSON, four digits a figure."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(_rounded(content)), indent=2) + b"\n")


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.4g}") if abs(value) < 10_000 else round(value)
        case Mapping():
            return {key: _rounded(item) for key, item in value.items()}
        case list() | tuple():
            return [_rounded(item) for item in value]
    return value
