"""Which files a path on the command line means."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import UserError
from core.machine import Machine
from producer.recorded import RecordedFile

_ENDINGS = (".csv", ".csv.gz", ".tsv", ".parquet", ".pq")


def recorded_files(path: Path, machine: Machine, mapping: Mapping[str, str]) -> Sequence[tuple[str, RecordedFile]]:
    """The file, or every CSV and Parquet file below the folder, by its path there; their headers are read at once.

    UserError where there is none, or one has not the machine's columns.
    """
    if not path.is_dir():
        return [(path.name, RecordedFile(path, machine, mapping))]
    found = sorted(one for one in path.rglob("*") if one.is_file() and one.name.lower().endswith(_ENDINGS))
    if not found:
        raise UserError(f"{path} holds no file that ends in {', '.join(_ENDINGS)}")
    return [(str(one.relative_to(path)), RecordedFile(one, machine, mapping)) for one in found]
