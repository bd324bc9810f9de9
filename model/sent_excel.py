"""An Excel file that somebody sends, of bounded size however small it is packed."""

import io
import subprocess
import sys
import zipfile

import pandas as pd

from core.errors import UserError
from core.machine import Machine
from model import excel_extent
from model.sent_csv import SentTable

_MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes that an Excel file may unpack to."""
_MOST_CELLS = 10_000_000
"""Of an Excel file's sheet, empty ones between others counted: its reader holds each."""
_PATIENCE_S = 60


def read_excel(_: Machine, content: bytes) -> SentTable:
    """Its first sheet, row 1 the header. UserError where it is too large; else what its reader raises."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MOST_UNPACKED:
            raise UserError(f"the file unpacks to more than {_MOST_UNPACKED >> 20} MB: send it in parts")
    _require_small_sheet(content)
    table = pd.read_excel(io.BytesIO(content), engine="calamine")
    return SentTable(
        {
            str(name).strip(): [None if missing else cell for cell, missing in zip(cells, cells.isna(), strict=True)]
            for name, cells in table.items()
        }
    )


def _require_small_sheet(content: bytes) -> None:
    program = [sys.executable, "-I", excel_extent.__file__]
    try:
        found = subprocess.run(  # noqa: S603  # ours, whose input is the file
            program, input=content, capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"the file cannot be read as XLSX within {_PATIENCE_S} s: send it in parts") from None
    if found.returncode > 0:
        said = " ".join(found.stderr.decode(errors="replace").split())
        raise UserError(f"the file cannot be read as XLSX: {said[:200]}")
    row, column = map(int, found.stdout.split()) if found.returncode == 0 else (_MOST_CELLS, 0)
    if (row + 1) * (column + 1) > _MOST_CELLS:
        raise UserError(
            f"the sheet has more than {_MOST_CELLS:,} cells up to its last row and column, empty ones too: take away"
            " what stands far out, or send it in parts"
        )
