"""Which files a place on the command line means."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from app.readings_place import Place, S3Reach
from core.errors import UserError
from core.machine import Machine
from core.ports.recorded import RecordedBytes
from producer.local_file import LocalFile
from producer.recorded import RecordedFile

_ENDINGS = (".csv", ".csv.gz", ".tsv", ".parquet", ".pq")


def files_at(place: Place, s3: S3Reach) -> Sequence[tuple[str, RecordedBytes]]:
    """The file, or every CSV and Parquet file below the folder, by its path there.

    UserError where there is none; Unauthorised, Unavailable.
    """
    if not isinstance(place, Path):
        return s3.files().at(place, _ENDINGS)
    if not place.is_dir():
        return [(place.name, LocalFile(place))]
    found = sorted(one for one in place.rglob("*") if one.is_file() and one.name.lower().endswith(_ENDINGS))
    if not found:
        raise UserError(f"{place} holds no file that ends in {', '.join(_ENDINGS)}")
    return [(str(one.relative_to(place)), LocalFile(one)) for one in found]


def recorded_files(
    files: Sequence[tuple[str, RecordedBytes]], machine: Machine, mapping: Mapping[str, str]
) -> Sequence[tuple[str, RecordedFile]]:
    """The same as readings; their headers are read at once. UserError where one has not the machine's columns."""
    return [(name, RecordedFile(file, machine, mapping)) for name, file in files]


def need_other_files(written: Iterable[Path], read: Place) -> None:
    """UserError where a file that is to be written is one of those that are read: its rows would be lost."""
    for path in written:
        if isinstance(read, Path) and path.exists() and _is_read(path, read):
            raise UserError(f"{path} is one of the files that are read: name another one for what is written")


def _is_read(path: Path, place: Path) -> bool:
    if not place.is_dir():
        return path.samefile(place)
    return path.resolve().is_relative_to(place.resolve()) and path.name.lower().endswith(_ENDINGS)
