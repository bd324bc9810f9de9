"""MLflow's model server, as its documentation starts it, with our model and the probabilities that it gives."""

import os
import pickle
import sys
from pathlib import Path

import mlflow

if __name__ == "__main__":
    model, folder, port = sys.argv[1:]
    pipeline = pickle.loads(Path(model).read_bytes())
    mlflow.sklearn.save_model(
        pipeline, folder, serialization_format="cloudpickle", pyfunc_predict_fn="predict_proba", pip_requirements=[]
    )
    arguments = ["models", "serve", "--model-uri", folder, "--port", port, "--env-manager", "local"]
    program = str(Path(sys.executable).with_name("mlflow"))
    os.environ["PATH"] = f"{Path(program).parent}:{os.environ.get('PATH', '')}"  # it starts uvicorn by its name
    os.execv(program, [program, *arguments])
