"""What a mirror is told of a version, for tests."""

from typing import Any

from msgspec.structs import replace

from core.mirrored import BaseDataName, MirroredVersion
from core.prediction import ModelVersion
from tests.builders import NOON


def a_mirrored_version(number: int = 1, machine: str = "press", **changes: Any) -> MirroredVersion:
    """Of a machine with two sensors, one of which may be absent; its bytes are told by its number."""
    told = MirroredVersion(
        version=ModelVersion(machine, number),
        sha256=f"{number:064x}",
        created_at=NOON,
        created_by="Ada",
        task="fault",
        base=BaseDataName(f"machines/{machine}/base/1.parquet", "b" * 64, 400),
        inputs={"temperature": True, "pressure": False},
        outputs={"probability": "double"},
        parameters={"algorithm": "rf", "seed": "0"},
        metrics={"f1": 0.5, "confusion.true_positives": 7.0},
        lineage={"base_sha256": "b" * 64, "gate": "promoted"},
        model_files={"manifest.json": b"{}", "requirements.txt": b"numpy==2.5.*\n"},
        report_files={"report.html": b"<p>told</p>"},
        note="the first model",
    )
    return replace(told, **changes)
