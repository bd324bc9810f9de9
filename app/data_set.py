"""The file of readings that an older system kept beside itself, read when somebody asks for it."""

from pathlib import Path

from core.data_set import DataSet
from core.errors import UserError
from core.machine import Machine
from model.sent_file import read_data_set

_MOST_BYTES = 64 * 1024 * 1024


def require_data_set(path: str) -> None:
    """UserError where the file that is named is none; what it holds is looked at when somebody asks for it."""
    if path and not Path(path).is_file():
        raise UserError(f"COMPAT_DATA: there is no file {path}: name one, or leave the setting empty")


def data_set(path: str, machine: Machine) -> DataSet | None:
    """The file's rows, as they are at this moment; None: no file is named.

    UserError where it cannot be read, names no sensor of the machine, or is too large.
    """
    if not path:
        return None
    file = Path(path)
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise UserError(f"the data set {file.name} is larger than {_MOST_BYTES >> 20} MB")
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"the data set {file.name} (COMPAT_DATA) cannot be read: {error.strerror}") from error
    try:
        return read_data_set(machine, file.name, content)
    except UserError as error:
        raise UserError(f"the data set {file.name}: {error}") from error
