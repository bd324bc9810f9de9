"""From a candidate to a version, and to the champion where the gate says so.

If we die on the way, objects without a row stay in the bucket: nothing names them, and the next version has the same
number and its own object versions. A version without a promotion is one that nobody chose yet.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct

from core.prediction import ModelVersion
from core.recent_alarms import COUNT, RecentReadings
from core.stored_report import StoredReport, TrainingReports
from core.training import ModelVersions, NewVersion, Promotions, StoredVersion, TrainingLabels
from core.training_report import TrainingReport
from model.base_data import BaseData, keep
from model.bucket import Bucket
from model.component_files import CONTENT_TYPES, component_files
from model.contest import Contest
from model.evaluation import Metrics
from model.fit import Candidate, Progress
from model.manifest import Lineage, Manifest, encode, limits_of, running_versions, sensors_sha256
from model.meeting import meet
from model.reporting import About, Render, of_version, report_of, stored
from model.signature import Signer
from model.source import VerifiedModels


class Outcome(Struct, frozen=True):
    """What became of a training."""

    machine: str
    version: int | None
    """None: of a dry run."""
    promoted: bool
    reason: str
    metrics: Metrics
    gate: Contest
    report: str
    """Of the report's HTML: the sha256."""
    how: str = ""
    """How the kind of model was found; empty: it was asked for."""
    held: int = 0
    """Verdicts that are unusual, and wait for an engineer."""

    @property
    def state(self) -> str:
        """Of the request that asked for it."""
        if self.version is None:
            return "trained"
        return "promoted" if self.promoted else "refused"


@dataclass(frozen=True, slots=True)
class Release:
    """Publishes candidates under one trainer's key and lets the gate decide."""

    bucket: Bucket
    versions: ModelVersions
    promotions: Promotions
    models: VerifiedModels
    labels: TrainingLabels
    recent: RecentReadings
    signer: Signer
    reports: TrainingReports
    render: Render
    now: Callable[[], datetime]

    def offer(self, candidate: Candidate, base: BaseData, created_by: str, progress: Progress) -> Outcome:
        """Publish the candidate, and promote it where it is the first or better than the champion."""
        machine = candidate.machine
        champion = self.promotions.champion(machine.name)
        gate = self._judged(candidate, base, champion, progress)
        version, report = self._publish(candidate, base, created_by, gate)
        progress(f"published {version}; its report: {report.key}")
        if gate.promote:
            self.promotions.promote(
                version,
                instead_of=champion,
                kind="gate" if champion else "first",
                decided_by="gate" if champion else created_by,
                reason=gate.reason,
                gate=msgspec.to_builtins(gate),
            )
        metrics = candidate.metrics
        return Outcome(machine.name, version.number, gate.promote, gate.reason, metrics, gate, report.sha256)

    def rehearse(self, candidate: Candidate, base: BaseData, asked_by: str, progress: Progress) -> Outcome:
        """What `offer` would come to now; nothing is published, so nobody can promote it by mistake."""
        machine = candidate.machine.name
        gate = self._judged(candidate, base, self.promotions.champion(machine), progress)
        about = About(self.now(), asked_by, len(base.history))
        report = self._kept(report_of(candidate, gate, self.models, about), component_files(candidate))
        self.reports.keep(candidate.machine, report)
        progress(f"its report: {report.key}")
        would = "would be promoted" if gate.promote else "would be refused"
        reason = f"{would}: {gate.reason}"
        return Outcome(machine, None, False, reason, candidate.metrics, gate, report.sha256)

    def _kept(self, told: TrainingReport, files: Mapping[str, bytes]) -> StoredReport:
        """In the bucket, with the files that belong to it beside it; the facts are not yet in the database."""
        html = self.render(told).encode()
        report = stored(told, html)
        self.bucket.put(report.key, html, "text/html; charset=utf-8")
        for name, content in files.items():
            self.bucket.put(f"{report.key.removesuffix('.html')}.{name}", content, CONTENT_TYPES[name])
        return report

    def _judged(
        self, candidate: Candidate, base: BaseData, champion: ModelVersion | None, progress: Progress
    ) -> Contest:
        labels = self.labels.effective(candidate.machine)
        if held := sum(one.held for one in labels):
            progress(f"{held} verdicts are unusual and wait for an engineer: ./run labels held")
        recent = self.recent.latest(candidate.machine, COUNT)
        gate = meet(candidate, base.sha256, champion, self.models, self.bucket, labels, recent)
        for line in gate.lines():
            progress(line)
        return gate

    def _publish(
        self, candidate: Candidate, base: BaseData, created_by: str, gate: Contest
    ) -> tuple[ModelVersion, StoredReport]:
        """Model, then the signed manifest that names its object version, then the row that names the manifest's."""
        folder = f"machines/{candidate.machine.name}"
        keep(self.bucket, base)
        told = report_of(candidate, gate, self.models, About(self.now(), created_by, len(base.history)))
        files = component_files(candidate)
        with self.versions.numbering(candidate.machine) as numbering:
            number = numbering.version.number
            model_key, manifest_key = f"{folder}/model.pkl", f"{folder}/manifest.json"
            model_version_id = self.bucket.put(model_key, candidate.pickled, "application/octet-stream")
            manifest = self._manifest(candidate, base, number, created_by, model_key, model_version_id)
            signed = self.signer.sign(encode(manifest))
            manifest_version_id = self.bucket.put(manifest_key, signed, "application/json")
            report = self._kept(of_version(told, numbering.version), files)
            numbering.record(
                NewVersion(
                    StoredVersion(numbering.version, manifest_key, manifest_version_id, manifest.sha256),
                    model_key,
                    model_version_id,
                    manifest.algorithm,
                    manifest.threshold,
                    msgspec.to_builtins(manifest.metrics),
                    msgspec.to_builtins(manifest.lineage),
                    created_by,
                    report,
                )
            )
        return numbering.version, report

    def _manifest(
        self, candidate: Candidate, base: BaseData, number: int, created_by: str, key: str, version_id: str
    ) -> Manifest:
        metrics = candidate.metrics
        return Manifest(
            machine=candidate.machine.name,
            number=number,
            task=candidate.machine.task,
            model_key=key,
            model_version_id=version_id,
            sha256=hashlib.sha256(candidate.pickled).hexdigest(),
            size=len(candidate.pickled),
            versions=running_versions(),
            sensors_sha256=sensors_sha256(candidate.machine),
            engineered=candidate.machine.engineered,
            classes=candidate.machine.classes,
            limits=limits_of(candidate.machine),
            algorithm=candidate.recipe.algorithm,
            threshold=metrics.threshold,
            threshold_rule=metrics.threshold_rule,
            usual=dict(candidate.usual),
            lineage=Lineage(
                base_key=base.key,
                base_sha256=base.sha256,
                base_rows=len(base.history),
                recipe=candidate.recipe,
                train_rows=candidate.taught.rows,
                hold_out_rows=metrics.rows,
                label_ids=tuple(candidate.taught.label_ids),
                incident_weight=candidate.taught.incident_weights.false_alarm,
                fault_weight=candidate.taught.incident_weights.fault,
            ),
            metrics=metrics,
            golden=candidate.golden,
            reference=candidate.reference,
            created_at=self.now().isoformat(timespec="seconds"),
            created_by=created_by,
        )
