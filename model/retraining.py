"""Retraining: the champion's base data and people's verdicts make a challenger."""

from collections import Counter

import msgspec

from core.errors import UserError
from core.machine import Machine
from core.training_options import TrainingOptions
from model.base_data import fetch
from model.choosing import choose
from model.fit import Progress, train
from model.release import Outcome, Release
from model.search_budget import Budget
from model.training_set import teaching


def retrain(
    release: Release, machine: Machine, options: TrainingOptions, asked_by: str, progress: Progress, budget: Budget
) -> Outcome:
    """Train a challenger as the champion was trained, plus every verdict and what the options say; the gate decides.

    Raises UserError where there is no champion, ModelRefused where its lineage cannot be trusted, Unavailable.
    """
    champion = release.promotions.champion(machine.name)
    if champion is None:
        raise UserError(
            f"{machine.name} has no champion to go on from: ./run train {machine.name} --simulate (or --csv FILE)"
        )
    lineage = release.models.manifest(machine, champion).lineage
    progress(f"going on from {champion}: fetching its base data, {lineage.base_rows:,} rows")
    base = fetch(release.bucket, machine, lineage.base_key, lineage.base_sha256)
    incidents = release.labels.effective(machine)
    verdicts = Counter(incident.verdict.value for incident in incidents)
    said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())) or "none yet"
    progress(f"verdicts: {said}; {len(teaching(incidents))} used for training")
    chosen = choose(machine, base.history, lineage.recipe, options, incidents, progress, budget)
    candidate = train(machine, base.history, chosen.recipe, incidents, progress)
    if options.dry_run:
        outcome = release.rehearse(candidate, base, asked_by, progress)
    else:
        outcome = release.offer(candidate, base, asked_by, progress)
    return msgspec.structs.replace(outcome, how=chosen.how, held=sum(one.held for one in incidents))
