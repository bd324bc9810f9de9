"""Whether there are rows enough to train on."""

import numpy as np

from core.batch import Bools, Integers
from core.errors import UserError
from core.machine import Machine

FOLDS = 3
"""Of every cross validation."""


def need_both_classes(fault: Bools) -> None:
    """Raises UserError where a class has too few rows for cross validation."""
    if min(int(np.count_nonzero(fault)), int(np.count_nonzero(~fault))) < FOLDS:
        raise UserError(
            f"too few rows to train on ({np.count_nonzero(fault)} of faults, {np.count_nonzero(~fault)} normal): at"
            f" least {FOLDS} of each are needed; learn from more"
        )


def need_defects(machine: Machine, classes: Integers) -> None:
    """Raises UserError where there are not at least two defects, or one has too few rows for cross validation."""
    counts = {name: int(np.count_nonzero(classes == number)) for number, name in enumerate(machine.classes) if number}
    few = [f"{name} ({count})" for name, count in counts.items() if 0 < count < FOLDS]
    if few or sum(count > 0 for count in counts.values()) < 2:
        lacking = f"too few rows of {', '.join(few)}" if few else "there are not two defects with rows"
        raise UserError(f"{lacking} to train {machine.name} on: at least {FOLDS} of each that there is are needed")
