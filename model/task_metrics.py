"""How good a fitted pipeline is at what its machine's task asks beside faults, on rows that it never saw."""

from sklearn.pipeline import Pipeline

from core.history import History
from core.which_defect import DefectMetrics
from core.which_value import ValueMetrics
from model.answers import defect_probabilities, predicted_values
from model.evaluation import evaluate_defects, evaluate_values
from model.known_defects import known_defects


def defect_metrics(hold_out: History, pipeline: Pipeline) -> DefectMetrics | None:
    """None of a machine with one kind of fault, and where no row's defect is known."""
    known = known_defects(hold_out)
    if known is None:
        return None
    return evaluate_defects(known.truth, defect_probabilities(pipeline, known.sensors))


def value_metrics(hold_out: History, pipeline: Pipeline) -> ValueMetrics | None:
    """None of a machine whose task is another one, and where fewer than two rows were measured."""
    if hold_out.values is None:
        return None
    return evaluate_values(hold_out.values, predicted_values(pipeline, hold_out.sensors))
