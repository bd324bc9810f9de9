"""What a mirror shows of a version: of its signed manifest, and of what its training told."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from core.machine import Machine
from core.mirrored import BaseDataName, MirroredVersion
from core.prediction import ModelVersion
from core.training_report import TrainingReport
from model.manifest import Manifest, encode


def mirrored(
    machine: Machine, manifest: Manifest, report: TrainingReport | None, html: bytes | None
) -> MirroredVersion:
    """`report` and `html` are None where the version was made before there were any."""
    lineage = manifest.lineage
    files = {"manifest.json": msgspec.json.format(encode(manifest)), "requirements.txt": _requirements(manifest)}
    return MirroredVersion(
        version=ModelVersion(manifest.machine, manifest.number),
        sha256=manifest.sha256,
        created_at=datetime.fromisoformat(manifest.created_at),
        created_by=manifest.created_by,
        task=manifest.task,
        base=BaseDataName(lineage.base_key, lineage.base_sha256, lineage.base_rows),
        inputs={sensor.name: not sensor.optional for sensor in machine.sensors},
        outputs=_outputs(machine),
        parameters=_parameters(manifest),
        metrics=dict(_numbers("", msgspec.to_builtins(manifest.metrics))) | _told(report),
        lineage=_lineage(manifest, report),
        model_files=files,
        report_files={**({} if html is None else {"report.html": html}), **_plots(machine, manifest, report)},
        note="" if report is None else report.reason,
    )


def _plots(machine: Machine, manifest: Manifest, report: TrainingReport | None) -> Mapping[str, bytes]:
    if report is None:
        return {}
    from model.plots import reported_plots  # matplotlib, which those who only ask for versions do without

    title = f"{machine.title or machine.name} v{manifest.number}, {manifest.algorithm}"
    return {f"plots/{name}": png for name, png in reported_plots(title, report.challenger).items()}


def _requirements(manifest: Manifest) -> bytes:
    """The minor releases within which its bytes may be unpickled."""
    versions = manifest.versions
    lines = (
        f"# Python {versions.python}",
        f"scikit-learn=={versions.scikit_learn}.*",
        f"numpy=={versions.numpy}.*",
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _outputs(machine: Machine) -> dict[str, str]:
    outputs = {"probability": "double"}
    if machine.target is not None:
        outputs |= {machine.target.name: "double"}
    return outputs | ({"defect": "string"} if machine.classes else {})


def _parameters(manifest: Manifest) -> dict[str, str]:
    """The recipe, and how much it was fitted to."""
    lineage = manifest.lineage
    recipe = msgspec.to_builtins(lineage.recipe)
    found = {**{name: value for name, value in recipe.items() if name != "parameters"}, **recipe["parameters"]}
    found |= {
        "base_rows": lineage.base_rows,
        "train_rows": lineage.train_rows,
        "hold_out_rows": lineage.hold_out_rows,
        "labels": len(lineage.label_ids),
        "incident_weight": lineage.incident_weight,
        "fault_weight": lineage.incident_weight if lineage.fault_weight is None else lineage.fault_weight,
        "threshold_rule": manifest.threshold_rule,
    }
    return {name: str(value) for name, value in found.items()}


def _lineage(manifest: Manifest, report: TrainingReport | None) -> dict[str, str]:
    """`judged_against`: the champion that a retraining goes on from, and that the gate compares with."""
    lineage = manifest.lineage
    found = {
        "base_key": lineage.base_key,
        "base_sha256": lineage.base_sha256,
        "label_ids": ",".join(map(str, lineage.label_ids)),
        "sensors_sha256": manifest.sensors_sha256,
        "model_key": manifest.model_key,
        "model_version_id": manifest.model_version_id,
    }
    if report is not None:
        found["gate"] = "promoted" if report.promote else "refused"
        if report.champion is not None:
            found["judged_against"] = report.champion.name
    return {name: value for name, value in found.items() if value}


def _told(report: TrainingReport | None) -> dict[str, float]:
    """What people's verdicts came to; alerts by the names that people know are in the report itself."""
    if report is None:
        return {}
    said = msgspec.to_builtins(report.verdicts)
    counts = {f"verdicts.{name}": float(len(of) if isinstance(of, list | tuple) else of) for name, of in said.items()}
    return counts if report.new_alerts is None else counts | {"new_alerts": float(report.new_alerts)}


def _numbers(prefix: str, found: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    """Those within, by their path."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from _numbers(f"{prefix}{name}.", value)
        elif isinstance(value, int | float):
            yield f"{prefix}{name}", float(value)
