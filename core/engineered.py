"""Engineered sensors: numbers that a machine's file computes from its sensors, for the model and for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.batch import MOST, Floats
from core.expression import parsed

if TYPE_CHECKING:  # a pickled model needs this file, where it is scored by other programs too, and no machine's file
    from core.machine import Machine


def engineered(expressions: Sequence[str], sensors: tuple[str, ...], rows: Floats) -> Floats:
    """Shape (n, expressions) of rows of shape (n, sensors), column by column; NaN where a sensor of it is absent.

    The same bits alone and in a batch. What lies beyond a sensor's largest number is that number, as a division by 0
    is; 0 / 0 is absent.
    """
    columns = list(rows.T)
    computed = np.empty((len(rows), len(expressions)))
    with np.errstate(all="ignore"):
        for place, expression in enumerate(expressions):
            computed[:, place] = parsed(expression, sensors).evaluate(columns)
    return np.clip(computed, -MOST, MOST)


def with_engineered(machine: "Machine", rows: Floats) -> Floats:
    """The rows with the engineered sensors behind the sensors: what models go by, in the order of `machine.inputs`."""
    if not machine.engineered:
        return rows
    return np.hstack([rows, engineered(machine.expressions, machine.sensor_names, rows)])
