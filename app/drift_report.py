"""What `evaluate` says of drift."""

from collections.abc import Iterator

from app.table import table
from core.drift import ENOUGH, Drift, SensorDrift
from core.drift_watch import findings
from core.numbers import number


def drift_lines(drift: Drift | None) -> Iterator[str]:
    """How far each sensor moved away from what the version learnt from, and what is past a limit."""
    if drift is None:
        yield "Whether readings drift is not known of this version: it was trained before that was kept"
        return
    if drift.readings < ENOUGH:
        yield f"Too few readings to say whether they drift: {drift.readings} since yesterday, {ENOUGH} are needed"
        return
    yield f"{drift.readings} readings since yesterday, beside those that it learnt from:"
    yield table([["sensor", "PSI", "KS", "middle", "before", "missing", "outside"], *map(_row, drift.sensors)])
    alarms = drift.alarms
    yield f"{alarms.now:.1%} of them alarm; of normal ones in the hold-out {alarms.before:.1%}"
    yield from (f"past a limit: {words}" for _, words in findings(drift) if words)


def _row(one: SensorDrift) -> list[str]:
    measured = [_shown(value) for value in (one.psi, one.distance, one.median, one.median_before)]
    return [one.sensor, *measured, f"{one.missing.now:.1%}", f"{one.outside.now:.1%}"]


def _shown(value: float | None) -> str:
    return "-" if value is None else number(value)
