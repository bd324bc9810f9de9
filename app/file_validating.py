"""What is wrong with a recorded file, wired: rows from the producer's reader, judged by the live consumer's checks."""

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct

from app.recorded_rows import checked_rows
from core.file_findings import FileFindings, Finding
from core.machine import Machine
from producer.recorded import RecordedFile


class FileReport(Struct):
    """One file: rows = good + doubtful + bad."""

    file: str
    rows: int = 0
    good: int = 0
    doubtful: int = 0
    """Readings that would be stored and not scored."""
    bad: int = 0
    """Rows that would not be accepted."""
    findings: Sequence[Finding] = ()


def validate(
    name: str, file: RecordedFile, machine: Machine, progress: Callable[[FileReport, float], None]
) -> FileReport:
    """Reads it to its end, in bounded memory; `progress` hears the counts so far and the share that was read.

    Raises UserError where the file cannot be read at all.
    """
    report, findings = FileReport(name), FileFindings()
    columns = dict(zip(machine.sensor_names, file.layout.sensors, strict=True))
    for checked in checked_rows(file, machine):
        for cell in checked.bad:
            findings.add("bad", cell.row, cell.column, cell.value, cell.reason)
        for doubt in checked.doubts:
            sensor = machine.sensor_names.index(doubt.sensor)
            for at in np.flatnonzero(doubt.rows).tolist():
                value = checked.sensors[at, sensor]
                shown = "" if np.isnan(value) else f"{value:g}"
                findings.add("doubtful", int(checked.rows[at]), columns[doubt.sensor] or "", shown, doubt.reason)
        doubtful = int(np.count_nonzero(checked.quality))
        report.rows += len(checked.rows) + checked.bad_rows
        report.bad += checked.bad_rows
        report.doubtful += doubtful
        report.good += len(checked.rows) - doubtful
        progress(report, file.share)
    report.findings = findings.all()
    return report
