"""Base data: what a model was trained on, kept in the bucket so that any process can train on it again."""

import hashlib
import io
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import ModelRefused
from core.history import History
from core.machine import Machine
from core.rolling import rolling_where_lacking
from model.bucket import Bucket


class BaseData(NamedTuple):
    """A history and where it is kept: its key is named after its content."""

    history: History
    key: str
    sha256: str
    content: bytes


def base_data(machine: Machine, history: History) -> BaseData:
    """The history as Parquet, not yet in the bucket."""
    table = pd.DataFrame(history.sensors, columns=list(machine.sensor_names))
    table["fault"] = history.fault
    if history.classes is not None:  # names mean the same when the machine's file lists its defects in another order
        table["class"] = pd.Categorical([machine.classes[number] if number >= 0 else "" for number in history.classes])
    if history.values is not None:
        table["value"] = history.values
    table["device"] = pd.Series(list(history.devices), dtype="category")
    table["time"] = history.times
    buffer = io.BytesIO()
    table.to_parquet(buffer, engine="pyarrow", index=False)
    content = buffer.getvalue()
    sha256 = hashlib.sha256(content).hexdigest()
    return BaseData(history, f"machines/{machine.name}/base/{sha256}.parquet", sha256, content)


def keep(bucket: Bucket, base: BaseData) -> None:
    """Put the base data into the bucket unless it is there."""
    if not bucket.has(base.key):
        bucket.put(base.key, base.content, "application/vnd.apache.parquet")


def fetch(bucket: Bucket, machine: Machine, key: str, sha256: str) -> BaseData:
    """The base data that a signed manifest names. Raises ModelRefused where it is gone or was changed, Unavailable."""
    content = bucket.newest(key)
    if content is None:
        raise ModelRefused(f"the base data {key} is no longer in the bucket: train from a CSV file or the simulator")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelRefused(f"the base data {key} was changed since it was signed (sha256 differs)")
    return BaseData(_decode(machine, content), key, sha256, content)


def _decode(machine: Machine, content: bytes) -> History:
    table = pd.read_parquet(io.BytesIO(content), engine="pyarrow")
    devices = [str(device) for device in table["device"]]
    sensors = table.reindex(columns=list(machine.sensor_names))  # a sensor added since was absent then
    return History(
        rolling_where_lacking(machine, devices, sensors.to_numpy(dtype=np.float64), set(table.columns)),
        table["fault"].to_numpy(dtype=np.bool_),
        devices,
        table["time"].to_numpy(dtype=np.int64),
        _classes(machine, table),
        table["value"].to_numpy(dtype=np.float64) if machine.target else None,
    )


def _classes(machine: Machine, table: pd.DataFrame) -> npt.NDArray[np.int16] | None:
    """A defect that the machine has no more is one that nobody knows."""
    if not machine.classes:
        return None
    numbers = {name: number for number, name in enumerate(machine.classes)}
    if "class" not in table:
        return np.asarray(-table["fault"].to_numpy(dtype=np.int16), dtype=np.int16)
    return np.array([numbers.get(str(name), -1) for name in table["class"]], dtype=np.int16)
