"""What `explain` says: a reading's prediction taken apart, and what is behind it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from app.printable import printable
from app.table import table
from app.tracing import Trace
from core.dead_letter import written
from core.explanation import Explanation, Scale, SensorPush
from core.label import Verdict
from core.machine import Task
from core.numbers import number, percent
from core.score_words import likely
from db.learnt_labels import LearntLabel
from db.scored_readings import FoundReading
from model.manifest import Manifest

_SCALES = {
    Scale.LOG_ODDS: "in log-odds: 0 stands for as likely as not",
    Scale.SHARE: "in votes of the forest's trees, of which 1 is all",
    Scale.ABNORMALITY: "in abnormality, against a reading with the middle value of every sensor",
}


def words(trace: Trace) -> str:
    """For people."""
    which = _which(trace.explanation)
    parts = [
        _heading(trace.found, trace.manifest.task),
        *which,
        pushed(trace.explanation),
        _model(trace.manifest),
        *_taught(trace),
    ]
    return "\n".join(parts)


def _heading(found: FoundReading, task: Task) -> str:
    reading = found.reading
    name = "Reading" if found.alert is None else f"Alert #{found.alert}"
    said = f"{likely(reading.probability, task)}, says {reading.version}"
    where = [written(found.position)]
    where += [] if found.id is None else [f"id {found.id}"]
    where += [] if found.incident is None else [f"incident {found.incident}"]
    return (
        f"{name}: {printable(reading.device)}, {reading.time:%Y-%m-%d %H:%M:%S} UTC, {said}\nStored: {', '.join(where)}"
    )


def _which(found: Explanation) -> Iterator[str]:
    if found.value:
        yield f"Predicted: {found.value.words()}"
    if found.defects:
        yield "Most likely: " + ", ".join(f"{one.defect} {percent(one.probability)}" for one in found.defects)


def pushed(found: Explanation) -> str:
    """What each sensor was, usually is, and how far it pushed."""
    sums = [["all together", "", "", f"{found.margin:+.3f}"], ["without any sensor", "", "", f"{found.base:+.3f}"]]
    rows = table([["sensor", "value", "usually", "push"], *map(_row, found.sensors), *sums])
    towards = found.spoke_for or "a fault"
    return f"{rows}\nPushes above 0 speak for {towards}. They count {_counted(found)}."


def _counted(found: Explanation) -> str:
    if found.value is not None:
        return f"in {found.value.unit}" if found.value.unit else "in its unit"
    calibrated = "" if found.scale is Scale.ABNORMALITY else ", before calibration"
    return f"{_SCALES[found.scale]}{calibrated}"


def _row(sensor: SensorPush) -> list[str]:
    value = "absent" if sensor.value is None else f"{number(sensor.value)} {sensor.unit}".rstrip()
    usual = "-" if sensor.usual is None else f"{number(sensor.usual.low)} to {number(sensor.usual.high)}"
    return [sensor.sensor, value, usual, f"{sensor.push:+.3f}"]


def _model(manifest: Manifest) -> str:
    lineage = manifest.lineage
    made = f"{manifest.algorithm}, threshold {manifest.threshold:.4f}, made {manifest.created_at}"
    lines = [
        f"Model {manifest.machine} v{manifest.number}: {made} by {printable(manifest.created_by)}",
        f"  sha256 {manifest.sha256}, signature valid",
        f"Base data: {lineage.base_rows:,} rows, {lineage.hold_out_rows:,} of them held out",
        f"  sha256 {lineage.base_sha256}",
    ]
    return "\n".join(lines)


def _taught(trace: Trace) -> Iterator[str]:
    lineage = trace.manifest.lineage
    if not lineage.train_rows:
        yield "Labels: not known, the model was imported"
        return
    if not lineage.label_ids:
        yield "Labels: none, it learnt from the base data alone"
        return
    fault_weight = lineage.incident_weight if lineage.fault_weight is None else lineage.fault_weight
    yield (
        f"Labels: {len(lineage.label_ids)} judged troubles, a false alarm counting as "
        f"{number(lineage.incident_weight)} rows and a fault as {number(fault_weight)}; "
        f"with them it was fitted on {lineage.train_rows:,} rows"
    )
    if missing := len(lineage.label_ids) - len(trace.labels):
        yield f"  {missing} of them are not in this database"
    if trace.labels:
        yield table([["by", "labels", *(verdict.words for verdict in _TAUGHT)], *_people(trace.labels)])


_TAUGHT = (Verdict.FAULT, Verdict.FALSE_ALARM)


def _people(labels: Sequence[LearntLabel]) -> Iterator[list[str]]:
    """One line a person; two people may bear one name, of whom one was removed."""
    names = {one.operator: one.by for one in labels}
    given = Counter((one.operator, one.verdict) for one in labels)
    for operator, count in Counter(one.operator for one in labels).most_common():
        yield [printable(names[operator]), str(count), *(str(given[operator, verdict]) for verdict in _TAUGHT)]


def facts(trace: Trace) -> dict[str, object]:
    """For scripts, complete."""
    found, explanation, manifest = trace.found, trace.explanation, trace.manifest
    reading = found.reading
    return {
        "alert": found.alert,
        "incident": found.incident,
        "position": found.position._asdict(),
        "id": found.id,
        "machine": reading.version.machine,
        "device": reading.device,
        "time": reading.time,
        "probability": reading.probability,
        "severity": None if reading.severity is None else reading.severity.words,
        "model_version": reading.version.number,
        "defects": explanation.defects,
        "spoke_for": explanation.spoke_for,
        "predicted": explanation.value,
        "scale": explanation.scale,
        "base": explanation.base,
        "margin": explanation.margin,
        "sensors": list(map(_sensor, explanation.sensors)),
        "model": {
            "sha256": manifest.sha256,
            "size": manifest.size,
            "signature": "valid",
            "algorithm": manifest.algorithm,
            "threshold": manifest.threshold,
            "created_at": manifest.created_at,
            "created_by": manifest.created_by,
        },
        "training": {"lineage": manifest.lineage, "labels": trace.labels},
    }


def _sensor(sensor: SensorPush) -> dict[str, object]:
    return {
        "sensor": sensor.sensor,
        "value": sensor.value,
        "unit": sensor.unit,
        "usual": sensor.usual and {"low": sensor.usual.low, "high": sensor.usual.high},
        "push": sensor.push,
    }
