"""What each input adds to a model's answer, of a model that has no parts to take apart."""

from collections.abc import Callable
from itertools import permutations

import numpy as np

from core.batch import Floats, Integers

_FEW = 4
"""Inputs of which every order is tried."""
_DRAWN = 24
"""Orders that are drawn where there are more; each is taken backwards as well."""


def shapley_values(answer: Callable[[Floats], Floats], rows: Floats, instead: Floats) -> Floats:
    """Shapley values of rows of shape (n, inputs) against a reading that is in the middle of all, `instead`, (inputs,).

    One input after the other takes the row's value instead of the middle one; each is worth what the answer moves by,
    the mean over orders of the inputs: over all of them up to four inputs, else over a sample (Castro and others,
    "Polynomial calculation of the Shapley value based on sampling", 2009). A row's values add up to its answer less the
    middle one's, whichever orders were drawn.
    """
    orders = _orders(rows.shape[1])
    return np.array([_of_one(answer, row, instead, orders) for row in rows]).reshape(rows.shape)


def _of_one(answer: Callable[[Floats], Floats], row: Floats, instead: Floats, orders: Integers) -> Floats:
    count, inputs = orders.shape
    place = np.argsort(orders, axis=1)
    taken = place[:, np.newaxis, :] < np.arange(inputs + 1)[:, np.newaxis]  # (orders, steps, inputs)
    answers = answer(np.where(taken, row, instead).reshape(-1, inputs)).reshape(count, inputs + 1)
    moved = np.diff(answers, axis=1)
    return np.asarray(np.take_along_axis(moved, place, axis=1).mean(axis=0), dtype=np.float64)


def _orders(inputs: int) -> Integers:
    """Shape (orders, inputs); the same ones every time."""
    if inputs <= _FEW:
        return np.array(list(permutations(range(inputs))), dtype=np.int64)
    random = np.random.default_rng(0)
    drawn = np.array([random.permutation(inputs) for _ in range(_DRAWN)])
    return np.vstack([drawn, drawn[:, ::-1]])
