"""Our code as Spark's workers get it."""

import zipfile
from pathlib import Path

from app.wiring import ROOT

_PACKAGES = ("app", "core", "producer", "consumer", "model")
"""What app.spark.tasks imports; a worker reaches neither database nor bucket."""


def write_code(path: Path) -> None:
    """An archive that Python imports from. What the code imports beside itself must be installed on the workers."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in _PACKAGES:
            for file in sorted((ROOT / package).rglob("*.py")):
                archive.write(file, file.relative_to(ROOT))
