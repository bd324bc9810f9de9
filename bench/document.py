"""The measured part of docs/performance.md, written from the results: no figure in it is typed."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.results import AXES, CONTENDERS, MODELS, READERS, SERVERS, Results, short
from core.errors import UserError

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_LIMITED_BY = {"lr": "lr_vs_copy", "rf": "rf_vs_copy"}
_BEATEN = {"quix_sink": "lr_vs_quix_sink", "quix_batched": "lr_vs_quix_batched", "naive": "lr_vs_naive"}


def with_measured(document: str, results: Results) -> str:
    """The document with its measured part from these results. UserError where it has no such part."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UserError(f"the document has no part between {BEGIN} and {END}")
    measured = "\n".join(_lines(results))
    return f"{before}{BEGIN}\n{measured}\n{END}{after}"


def _lines(results: Results) -> Iterator[str]:
    stream, latency, growth, api, bulk = results
    yield "![Readings a second, latency, growth](../bench/results/performance.png)\n"
    yield f"{_surroundings(stream)}\n"
    yield "| from Kafka to Postgres | readings/s | |\n|---|---:|---|"
    for name, title in CONTENDERS.items():
        if name in stream["runs"]:
            yield f"| {title} | {stream['runs'][name]['readings_per_s']:,.0f} | {_compared(name, stream)} |"
    waiting, most = stream["settings"]["messages"], stream["peak_rss_mb"]
    yield f"\nMost memory of a consumer over {waiting:,} waiting readings: {most:.0f} MB.\n"
    yield "| produce() to committed (ms) | readings/s | p50 | p99 | p99.9 | worst |\n|---|---:|---:|---:|---:|---:|"
    for model, by_rate in latency["by_model"].items():
        for rate, figures in by_rate.items():
            values = " | ".join(f"{figures[name]:.1f}" for name in ("p50", "p99", "p99_9", "worst"))
            yield f"| {model.upper()} | {int(rate):,} | {values} |"
    yield "\n| cost of a reading | smallest → largest | µs | CPU µs of the consumers | largest over smallest |"
    yield "|---|---|---|---|---:|"
    for axis, points in growth["axes"].items():
        sizes, micros, cpu = (_range(points, name) for name in (axis, "us_per_reading", "cpu_us_per_reading"))
        yield f"| {AXES[axis]} | {sizes} | {micros} | {cpu} | {growth['ratios'][axis]:.2f} |"
    yield from _single_predictions(api)
    yield from _files(bulk)


def _single_predictions(api: Mapping[str, Any]) -> Iterator[str]:
    settings = api["settings"]
    yield f"\nSingle predictions over HTTP, {MODELS[settings['algorithm']]}; {_when(api)}.\n"
    at, busy = f"{settings['rate']:g} requests/s", f"{settings['connections']} connections that never rest"
    yield f"| | p50 at {at} (ms) | p99 | worst | requests/s, {busy} | p99 |\n|---|---:|---:|---:|---:|---:|"
    for name, title in SERVERS.items():
        figures = api[name]
        at_rate = " | ".join(f"{figures[quantile]:,.1f}" for quantile in ("p50_ms", "p99_ms", "worst_ms"))
        yield f"| {title} | {at_rate} | {figures['requests_per_s']:,.0f} | {figures['busy_p99_ms']:,.1f} |"


def _files(bulk: Mapping[str, Any]) -> Iterator[str]:
    settings = bulk["settings"]
    yield (
        f"\n{settings['file_gb']:.1f} GB in {settings['files']} CSV files"
        f" ({settings['rows'] / 1e6:.0f} million readings),"
        f" {MODELS[settings['algorithm']]}, each process from its start to its end; {_when(bulk)}.\n"
    )
    yield "| scored by | readings/s | s | most memory (MB) |\n|---|---:|---:|---:|"
    for name, title in READERS.items():
        figures = bulk[name]
        memory = f"{figures['peak_rss_mb']:,.0f}" if "peak_rss_mb" in figures else ""
        yield f"| {title} | {figures['rows_per_s']:,.0f} | {figures['seconds']:.0f} | {memory} |"


def _when(report: Mapping[str, Any]) -> str:
    peers = report["settings"]["peers"]["versions"]
    return f"{report['measured_at'][:10]}, commit {_commit(report)}; peers: {_listed(peers)}"


def _commit(report: Mapping[str, Any]) -> str:
    commit, dash, changed = report["commit"].partition("-")
    return f"{commit[:12]}{dash}{changed}"


def _surroundings(report: Mapping[str, Any]) -> str:
    machine, used, settings = report["machine"], report["versions"], report["settings"]
    libraries = {name: version for name, version in used.items() if name not in _NAMED}
    return (
        f"{report['measured_at'][:10]}, commit {_commit(report)}: {machine['cpu']}, {machine['cores']} cores"
        f" for broker, database and us together, {machine['memory_gb']:.0f} GB, {machine['os']}; Python"
        f" {used['python']}, Kafka {used['kafka']}, Postgres {used['postgres']}, {_listed(libraries)}; peers:"
        f" {_listed(settings['peers']['versions'])}. Median of {settings['rounds']} rounds."
    )


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _compared(name: str, stream: Mapping[str, Any]) -> str:
    ratios = stream["ratios"]
    if name in _LIMITED_BY:
        return f"{ratios[_LIMITED_BY[name]]:.2f} of the limit"
    if name in _BEATEN:
        lost = (
            "" if all(run["complete"] for run in stream["runs"][name]["rounds"]) else "; **rows were lost or doubled**"
        )
        return f"Faultline is {ratios[_BEATEN[name]]:.3g} times as fast{lost}"
    return "the limit" if name == "copy" else ""


def _range(points: list[Mapping[str, float]], name: str) -> str:
    return " → ".join(short(round(point[name], 2)) for point in points)


_NAMED = ("python", "kafka", "postgres")
