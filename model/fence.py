"""The second fence: what a pickle may name. The signature is the first, and nothing comes here before it holds."""

import io
import pickle

from sklearn.pipeline import Pipeline

from core.errors import ModelRefused

# The ways numpy and scikit-learn rebuild arrays, random states and compiled parts; classes of scikit-learn are
# accepted as such. A whole module is never accepted: numpy's own hold functions that run code.
_CONSTRUCTORS = {
    "model.components": {"PrincipalComponents"},
    "model.estimators": {
        "BoundedScaler",
        "ChosenSensors",
        "EngineeredSensors",
        "FaultAndDefect",
        "SteadyLogisticRegression",
    },
    "model.forests": {"DirectForestClassifier", "DirectForestRegressor"},
    "model.one_class": {"OneClass"},
    "model.steps": {"BoundedPolynomial", "OpenQuantiles"},
    "model.value_estimators": {"OutsideLimits", "SteadyRidge", "WordColumns"},
    "numpy": {"dtype", "ndarray"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.random._pickle": {"__bit_generator_ctor", "__generator_ctor"},
    "numpy.random._pcg64": {"PCG64"},
    "numpy.random.bit_generator": {"SeedSequence", "__pyx_unpickle_SeedSequence"},
}


def unpickle(content: bytes) -> Pipeline:
    """The pipeline in bytes whose signature and hash were checked. Raises ModelRefused."""
    try:
        pipeline = _Fenced(io.BytesIO(content)).load()
    # What a damaged pickle raises is any error of any constructor; pickle's documentation lists these as examples.
    except (pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError, TypeError, ValueError) as error:
        raise ModelRefused(f"the model cannot be unpickled: {error}") from error
    if not isinstance(pipeline, Pipeline):
        raise ModelRefused(f"the model is a {type(pipeline).__name__}, not a Pipeline")
    return pipeline


class _Fenced(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if name in _CONSTRUCTORS.get(module, ()):
            return super().find_class(module, name)
        if module.partition(".")[0] == "sklearn" and "." not in name:
            found = super().find_class(module, name)
            if _is_own_class(found) or name.startswith("__pyx_unpickle_"):
                return found
        raise ModelRefused(f"the model's pickle names {module}.{name}, which no model of ours needs")


def _is_own_class(found: object) -> bool:
    """A class that scikit-learn defines, not one that it merely imported."""
    return isinstance(found, type) and found.__module__.partition(".")[0] == "sklearn"
