"""The usual script: all files into one pandas frame, one `predict_proba`, the result to Parquet."""

import pickle
import sys
from pathlib import Path

import pandas as pd

if __name__ == "__main__":
    folder, model, sensors, out = sys.argv[1:]
    readings = pd.concat(map(pd.read_csv, sorted(Path(folder).glob("*.csv"))), ignore_index=True)
    pipeline = pickle.loads(Path(model).read_bytes())
    readings["probability"] = pipeline.predict_proba(readings[sensors.split(",")].to_numpy())[:, 1]
    readings[["device", "time", "probability"]].to_parquet(out)
