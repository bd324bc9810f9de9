"""What `train` says when it is done."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.labelled_lake import LakeCounts
from core.errors import UserError
from model.component_facts import reported_components
from model.component_files import component_files
from model.components import components_of
from model.evaluation import Metrics
from model.fit import Candidate
from model.plots import plots
from model.release import Outcome


def report(
    candidate: Candidate, rows: int, outcome: Outcome | None, lake: LakeCounts | None = None
) -> dict[str, object]:
    """For scripts: metrics on the hold-out, and what became of the candidate; no outcome: a dry run. `rows`: in all."""
    recipe = candidate.recipe
    return {
        "machine": candidate.machine.name,
        "model": recipe.algorithm,
        "parameters": recipe.parameters,
        "split": recipe.split,
        "seed": recipe.seed,
        "rows": rows,
        "lake": lake,
        "train_rows": candidate.taught.rows,
        "hold_out_rows": candidate.metrics.rows,
        "components": reported_components(candidate.machine, candidate.pipeline),
        "metrics": candidate.metrics,
        "version": outcome.version if outcome else None,
        "promoted": outcome.promoted if outcome else False,
        "reason": outcome.reason if outcome else "a dry run promotes nothing",
        "gate": outcome.gate if outcome else None,
    }


def words(candidate: Candidate, outcome: Outcome | None) -> str:
    """The same for people."""
    found, counts = candidate.metrics, candidate.metrics.confusion
    lines = [
        *_components(candidate),
        *_areas(found),
        f"threshold {found.threshold:.4f} ({found.threshold_rule})",
        f"of {found.faults:,} faults {counts.true_positives:,} found, {counts.false_negatives:,} missed"
        if found.faults
        else "the hold-out has no fault: how many it would find is not known",
        f"of {found.rows - found.faults:,} normal readings {counts.false_positives:,} would alarm",
    ]
    if outcome is None:
        return "\n".join([*lines, "dry run: nothing was published"])
    how = "promoted" if outcome.promoted else "refused"
    return "\n".join([*lines, f"{how} {outcome.machine} v{outcome.version}: {outcome.reason}"])


def _components(candidate: Candidate) -> Iterator[str]:
    """Nothing where the model goes by the sensors themselves."""
    if found := components_of(candidate.pipeline):
        kept = len(found.components_)
        carried = float(found.shares_[:kept].sum())
        yield f"principal components: {kept} of {len(found.shares_)}, with {carried:.1%} of the variance"


def _areas(found: Metrics) -> Iterator[str]:
    """Nothing where the hold-out has no fault."""
    if found.faults:
        yield f"precision {found.precision:.3f}  recall {found.recall:.3f}  F1 {found.f1:.3f}"
        yield f"ROC-AUC {found.roc_auc:.3f}  PR-AUC {found.pr_auc:.3f}"


def write_plots(folder: Path, candidate: Candidate) -> None:
    """The curves and the confusion matrix as PNG; of principal components what they carry, and their weights as CSV.

    UserError where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in _pictures(candidate).items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise UserError(f"the plots cannot be written to {folder}: {error.strerror}") from error


def _pictures(candidate: Candidate) -> Mapping[str, bytes]:
    """By file name."""
    title = f"{candidate.machine.title or candidate.machine.name}, {candidate.recipe.algorithm}"
    drawn = plots(title, candidate.hold_out.fault, candidate.scores, candidate.metrics)
    return {**drawn, **component_files(candidate)}
