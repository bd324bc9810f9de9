"""Where history is read: files, or the database of an older system."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from app.readings_place import Place, S3Access, s3_reach
from app.recorded_files import files_at, recorded_files
from app.settings import Settings
from core.errors import UserError
from core.machine import Machine
from db.foreign_rows import rows_of_query, rows_of_table
from producer.recorded import Recorded
from producer.row_frames import RowFrames


@contextmanager
def history_sources(
    settings: Settings,
    machine: Machine,
    mapping: Mapping[str, str],
    place: Place | None,
    s3_access: S3Access,
    table: str | None,
    query: str | None,
) -> Iterator[Sequence[tuple[str, Recorded]]]:
    """The files at a place, or a table or query of HISTORY_URL's database, for as long as the block.

    Raises UserError where not exactly one of them is named or it cannot be read, Unauthorised, Unavailable.
    """
    if sum(one is not None for one in (place, table, query)) != 1:
        raise UserError("name a file or a folder, or --table NAME or --query SQL of HISTORY_URL's database")
    if place is not None:
        files = recorded_files(files_at(place, s3_reach(place, settings, s3_access)), machine, mapping)
        _need_devices(files, machine)
        yield files
        return
    url = settings.history_url
    if not url:
        raise UserError("HISTORY_URL is missing, the database to read: set it in the environment or in .env")
    time = mapping.get("time", machine.csv.time)
    with rows_of_query(url, query) if query is not None else rows_of_table(url, table or "", time) as rows:
        yield [(str(rows), Recorded(rows, RowFrames(rows), machine, mapping))]


def _need_devices(files: Sequence[tuple[str, Recorded]], machine: Machine) -> None:
    """UserError where one of several files does not say whose readings it holds: they would be one device's."""
    silent = next((name for name, file in files if file.layout.device is None), None)
    if silent is not None and len(files) > 1:
        raise UserError(
            f"{silent} has no column {machine.csv.device!r}: of several files each says whose readings it holds; add"
            " that column, or name it with --map device=COLUMN"
        )
