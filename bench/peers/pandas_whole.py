"""The usual script: the whole file into pandas, one `predict_proba`, the result to Parquet."""

import pickle
import sys
from pathlib import Path

import pandas as pd

if __name__ == "__main__":
    file, model, sensors, out = sys.argv[1:]
    readings = pd.read_csv(file)
    pipeline = pickle.loads(Path(model).read_bytes())
    readings["probability"] = pipeline.predict_proba(readings[sensors.split(",")].to_numpy())[:, 1]
    readings[["device", "time", "probability"]].to_parquet(out)
