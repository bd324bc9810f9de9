"""Which readings of a batch a model cannot score: halves are tried until they are found."""

from collections.abc import Callable, Mapping

import numpy as np

from core.batch import Floats, Integers
from core.errors import ModelFailed, Unavailable
from core.prediction import ModelVersion, Predictions

Reasons = Mapping[int, str]
"""Row of a batch → why it cannot be scored."""
_REASON_LIMIT = 300


def isolate(
    version: ModelVersion, predict: Callable[[Floats], Predictions], sensors: Floats, rows: Integers, most: int
) -> tuple[Predictions, Reasons]:
    """Predictions of these rows of `sensors` (n, sensors); NaN for all others, and for those that have a reason.

    A bad row costs about 2·log2(n) predictions. Raises ModelFailed as soon as there are more than `most` bad ones,
    Unavailable where memory or files are short: that is not the reading's fault.
    """
    scores = np.full(len(sensors), np.nan)
    classes = np.zeros(len(sensors), dtype=np.int16)
    faults = np.zeros(len(sensors), dtype=np.bool_)
    defects: Floats | None = None
    values: Floats | None = None
    reasons: dict[int, str] = {}
    parts = [rows]
    while parts:
        part = parts.pop()
        try:
            found = predict(sensors[part])
        except Exception as error:  # a model may fail in any way
            if len(part) > 1:
                parts += [part[len(part) // 2 :], part[: len(part) // 2]]
                continue
            if isinstance(error, MemoryError | OSError):
                raise Unavailable(f"this machine cannot score at the moment ({described(error)})") from error
            reasons.update(dict.fromkeys(part.tolist(), described(error)))
        else:
            scores[part], classes[part], faults[part] = found.scores, found.classes, found.faults
            if found.defects is not None:
                defects = np.full((len(sensors), found.defects.shape[1]), np.nan) if defects is None else defects
                defects[part] = found.defects
            if found.values is not None:
                values = np.full(len(sensors), np.nan) if values is None else values
                values[part] = found.values
            reasons.update(unusable(scores, part))
        if len(reasons) > most:
            trouble = next(iter(reasons.values()))
            raise ModelFailed(version, f"cannot score {len(reasons)} or more readings of one batch ({trouble})")
    return Predictions(version, scores, classes, faults, defects=defects, values=values), reasons


def unusable(scores: Floats, rows: Integers) -> Reasons:
    """Those of the rows whose score is no number."""
    return {row: f"the score is {scores[row]}" for row in rows[~np.isfinite(scores[rows])].tolist()}


def described(error: Exception) -> str:
    """The error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_REASON_LIMIT]
