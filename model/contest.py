"""Champion and challenger on the same rows and on people's verdicts: what the gate decides from."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from core.errors import ModelRefused
from core.label import Verdict
from core.ports import Model
from core.prediction import ModelVersion
from core.promotion import (
    PERCENT,
    Comparison,
    Decision,
    ReplayedAlert,
    compare,
    decide,
    losing,
    vanishing,
    would_alert,
)
from core.training import LabelledIncident
from model.fit import Candidate
from model.manifest import Manifest
from model.pipeline import probabilities
from model.source import VerifiedModels


class Contest(Struct, frozen=True):
    """The gate's decision with all that it was made from."""

    promote: bool
    reason: str
    champion: ModelVersion | None = None
    comparison: Comparison | None = None
    replay: tuple[ReplayedAlert, ...] = ()
    note: str = ""

    def lines(self) -> Sequence[str]:
        """The contest for an engineer to read."""
        if self.comparison is None or self.champion is None:
            return []
        lines = [_hold_out_line(self.champion, self.comparison), *_replay_lines(self.replay)]
        return [*lines, self.note] if self.note else lines


def contest(
    candidate: Candidate,
    base_sha256: str,
    champion: ModelVersion | None,
    models: VerifiedModels,
    incidents: Sequence[LabelledIncident],
) -> Contest:
    """Let the candidate meet the champion. Raises Unavailable."""
    machine = candidate.machine
    if champion is None:
        return Contest(True, f"the first model of {machine.name}")
    try:
        manifest = models.manifest(machine, champion)
        model = models.load(machine, champion)
    except ModelRefused as error:
        return Contest(
            False, f"{champion} cannot be compared with: {error}. An engineer may promote it by name", champion
        )
    scores = model.predict(candidate.hold_out.sensors).scores
    comparison = compare(candidate.hold_out.fault, scores, candidate.scores, candidate.recipe.seed)
    replay = tuple(_replayed(candidate, model, incident) for incident in incidents if _replays(incident))
    decision: Decision = decide(comparison, replay)
    return Contest(
        decision.promote, decision.reason, champion, comparison, replay, _note(candidate, base_sha256, manifest)
    )


def _replays(incident: LabelledIncident) -> bool:
    return incident.alert is not None and incident.verdict in (Verdict.FAULT, Verdict.FALSE_ALARM)


def _replayed(candidate: Candidate, champion: Model, incident: LabelledIncident) -> ReplayedAlert:
    policy = candidate.machine.incident
    scores = probabilities(candidate.pipeline, incident.sensors)
    assert incident.alert is not None, "only alerts are replayed"
    return ReplayedAlert(
        incident.alert,
        incident.verdict,
        champion=would_alert(champion.predict(incident.sensors).faults, policy),
        challenger=would_alert(np.asarray(scores >= candidate.metrics.threshold), policy),
    )


def _note(candidate: Candidate, base_sha256: str, champion: Manifest) -> str:
    if champion.lineage.base_sha256 != base_sha256:
        return "note: the champion was trained on other base data; both were judged on the challenger's hold-out"
    if not candidate.recipe.held_out_like(champion.lineage.recipe):
        return "note: the champion held out other rows, so it has seen some of this hold-out, which flatters it"
    return ""


def _listed(what: str, alerts: Sequence[int]) -> str:
    return f" ({what}: {', '.join(f'#{alert}' for alert in alerts)})" if alerts else ""


def _hold_out_line(champion: ModelVersion, found: Comparison) -> str:
    return (
        f"hold-out of {found.rows:,} rows, {found.faults:,} faults: "
        f"PR-AUC {found.champion:.4f} ({champion}) → {found.challenger:.4f}; "
        f"difference, {PERCENT} % interval: {found.difference.low:+.4f} to {found.difference.high:+.4f}"
    )


def _replay_lines(replay: Sequence[ReplayedAlert]) -> Sequence[str]:
    refuted = [item for item in replay if item.verdict is Verdict.FALSE_ALARM]
    confirmed = [item for item in replay if item.verdict is Verdict.FAULT]
    before, after = sum(item.champion for item in refuted), sum(item.challenger for item in refuted)
    gone, lost = vanishing(refuted), losing(confirmed)
    again = f"the champion would raise {before} of them again, the challenger {after}"
    return [
        f"refuted alerts: {len(refuted)}; {again}{_listed('gone', gone)}",
        f"confirmed faults: {len(confirmed)}; the challenger would miss {len(lost)}{_listed('missed', lost)}",
    ]
