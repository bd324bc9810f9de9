"""A score in words."""

from core.machine import Task
from core.numbers import percent


def likely(probability: float, task: Task) -> str:
    """How likely a fault is; or how abnormal a reading, of a model that knows normal ones alone."""
    return f"{percent(probability)} {'abnormal' if task == 'one_class' else 'likely a fault'}"
