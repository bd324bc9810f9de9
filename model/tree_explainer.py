"""What takes the answers of trees apart; 70 MB that a linear model does without."""

from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin

from core.errors import UserError


def tree_explainer(estimator: ClassifierMixin | RegressorMixin) -> Any:  # shap has no types
    """TreeSHAP of a forest or of boosted trees. UserError where it cannot be installed."""
    try:
        import shap
    except ImportError as error:
        raise UserError("explaining forests and boosted trees needs Python 3.12 on this machine") from error
    # Without background rows it goes by those that each branch saw in training.
    return shap.TreeExplainer(estimator, feature_perturbation="tree_path_dependent")
