"""What `import` says at its end."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from app.history_import import ImportTally
from app.rescoring import Period
from core.prediction import ModelVersion


class ImportReport(Struct, frozen=True):
    """What became of the rows, by which version, and what was asked for."""

    tally: ImportTally
    version: ModelVersion
    period: Period
    bad: Path
    """Where bad rows are kept apart, if there are any."""
    retention_days: int
    """0: readings are kept until somebody says how long."""
    fault: str | None
    """What the label's column says of a fault; None: labels were left aside."""


def import_facts(report: ImportReport) -> dict[str, object]:
    """For scripts."""
    return {
        "machine": report.version.machine,
        "version": report.version.number,
        **msgspec.structs.asdict(report.tally),
        "since": report.period.since,
        "until": report.period.until,
        "retention_days": report.retention_days or None,
        "bad_rows": str(report.bad) if report.tally.bad else None,
    }


def import_lines(report: ImportReport, today: date) -> Iterator[str]:
    """For people."""
    found = report.tally
    yield f"{found.rows:,} rows in {found.seconds:.1f} s ({found.rows / max(found.seconds, 1e-3):,.0f} a second)"
    yield f"{found.stored:,} stored and scored by {report.version}: {found.faults:,} faults, of which nobody is told"
    if found.doubtful:
        yield f"{found.doubtful:,} of them doubtful (a sensor absent, impossible or stuck), without a score"
    if found.labelled:
        yield f"{found.labelled:,} readings are labelled as faults: the next retraining learns from them"
    elif report.fault is not None:
        yield (
            f"no reading is newly labelled as a fault: that is what the label's column calls {report.fault!r}"
            f" (fault_value of [labels] in the file of {report.version.machine})"
        )
    if found.known:
        yield f"{found.known:,} known: their devices have an imported reading of that time already"
    if found.outside:
        since, until = (moment.isoformat() if moment else "" for moment in (report.period.since, report.period.until))
        yield f"{found.outside:,} left out: not from {since or 'the beginning'} to {until or 'the end'}"
    if found.bad:
        yield f"{found.bad:,} bad rows, kept apart with column and reason: {report.bad}"
    if report.retention_days and found.stored:
        last = today + timedelta(days=report.retention_days)
        yield f"RETENTION_DAYS={report.retention_days} counts from today: ./run retention drops them after {last}"
