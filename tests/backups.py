"""What a backup's folder holds, for comparing two of them."""

import gzip
from collections.abc import Mapping
from pathlib import Path

from app.backup import Backup


def rows_of(folder: Path, backup: Backup) -> Mapping[str, list[bytes]]:
    """Table → its rows, in an order of their own."""
    tables = [table.name for table in backup.database.tables]
    return {
        name: sorted(gzip.decompress((folder / "tables" / f"{name}.copy.gz").read_bytes()).splitlines())
        for name in tables
    }
