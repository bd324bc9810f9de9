"""What is kept of a model's principal components beside its training's report, as files."""

from collections.abc import Mapping

from model.component_facts import components_csv
from model.components import components_of
from model.fit import Candidate

CONTENT_TYPES: Mapping[str, str] = {
    "explained_variance.png": "image/png",
    "components.csv": "text/csv; charset=utf-8",
}


def component_files(candidate: Candidate) -> Mapping[str, bytes]:
    """By name; none where the model goes by the sensors themselves."""
    found, machine = components_of(candidate.pipeline), candidate.machine
    if found is None:
        return {}
    from model.plots import explained_variance  # takes a second, which no other training shall wait for

    title = f"{machine.title or machine.name}, {candidate.recipe.algorithm}"
    return {
        "explained_variance.png": explained_variance(title, found.shares_, len(found.components_)),
        "components.csv": components_csv(machine, candidate.pipeline).encode(),
    }
