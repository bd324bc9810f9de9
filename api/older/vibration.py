"""The five paths of the older system of vibrations, for the machine `vibration`: 1 is normal, -1 is not."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Body, HTTPException, Request, UploadFile
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api.older.rolling import lacks_earlier
from api.v1.bodies import MOST_READINGS
from api.v1.keys import Predicting
from api.v1.parts import parts_of
from api.v1.predict import scored
from api.v1.problems import answers
from core.batch import MOST, Floats
from core.data_set import Cell, DataSet
from core.errors import UserError
from core.machine import Machine

MACHINE = "vibration"
_READING = {"vibration_x": 45.29, "vibration_y": 91.07, "vibration_z": 10.22}
Reading = dict[str, object]


class Predictions(BaseModel):
    """Of a file's rows."""

    predictions: list[Literal[-1, 1]]


class Predicted(BaseModel):
    """Classes as text: `1` of one reading, `[-1,1]` of several."""

    status: Literal["success"] = "success"
    predicted_class: str


def router(machine: Machine) -> APIRouter:
    """The older paths for this machine."""
    found = APIRouter(tags=["older systems"])

    @found.get("/data", responses=answers(404), response_model=dict[str, dict[str, Cell]])
    async def data(request: Request, _: Predicting) -> dict[str, dict[str, Cell]]:
        """The data set: column → row → value."""
        columns = (await _data_set(request, machine)).columns
        return {name: {str(row): cell for row, cell in enumerate(cells)} for name, cells in columns.items()}

    @found.post("/process_data", responses=answers())
    async def process_data(request: Request, _: Predicting, file: UploadFile) -> Predictions:
        """Score a file: .csv or .txt (commas, semicolons or tabs), .xlsx, .json or .parquet."""
        content = await file.read()
        try:
            rows = await run_in_threadpool(parts_of(request).read_table, machine, file.filename or "", content)
        except UserError as error:
            raise HTTPException(422, str(error)) from error
        return Predictions(predictions=await _classes(request, machine, rows, first=2))

    @found.post("/predict", responses=answers())
    async def predict(
        request: Request, _: Predicting, body: Annotated[Reading, Body(examples=[_READING])]
    ) -> Predicted:
        """Score one reading."""
        (one,) = await _classes(request, machine, _rows(machine, [body]))
        return Predicted(predicted_class=str(one))

    @found.post("/predict_batch", responses=answers())
    async def predict_batch(
        request: Request,
        _: Predicting,
        body: Annotated[list[Reading], Body(min_length=1, max_length=MOST_READINGS, examples=[[_READING]])],
    ) -> Predicted:
        """Score several readings."""
        return _together(await _classes(request, machine, _rows(machine, body)))

    @found.post("/predict_path", responses=answers(404))
    async def predict_path(request: Request, _: Predicting) -> Predicted:
        """Score the data set."""
        rows = (await _data_set(request, machine)).sensors
        return _together(await _classes(request, machine, rows, first=2))

    return found


async def _data_set(request: Request, machine: Machine) -> DataSet:
    try:
        found = await run_in_threadpool(parts_of(request).data_set, machine)
    except UserError as error:
        raise HTTPException(422, str(error)) from error
    if found is None:
        raise HTTPException(404, "There is no data set here: COMPAT_DATA names its file.")
    return found


def _together(classes: Sequence[int]) -> Predicted:
    return Predicted(predicted_class=f"[{','.join(map(str, classes))}]")


def _rows(machine: Machine, readings: Sequence[Mapping[str, object]]) -> Floats:
    """Shape (n, sensors). HTTPException 422 names the first row, and its columns, that are none."""
    for row, reading in enumerate(readings, 1):
        if lacking := lacks_earlier(machine, reading):
            raise HTTPException(422, f"row {row}: {lacking}")
        wrong = [f"column {name!a}: {why}" for name in machine.sensor_names if (why := _wrong(reading, name))]
        wrong += [f"column {name!a} is none of the machine's" for name in reading if name not in machine.sensor_names]
        if wrong:
            raise HTTPException(422, f"row {row}, {'; '.join(wrong)}")
    return np.array([[reading[name] for name in machine.sensor_names] for reading in readings], dtype=np.float64)


def _wrong(reading: Mapping[str, object], name: str) -> str:
    value = reading.get(name)
    if name not in reading:
        return "it is missing"
    if value is None or (isinstance(value, str) and not value.strip()):
        return "it is empty"
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
        return f"{value!a:.60} is not a number"
    return ""


async def _classes(request: Request, machine: Machine, rows: Floats, first: int = 1) -> list[Literal[-1, 1]]:
    """-1 or 1 of each row; the first one is called row `first`. HTTPException 422 names row and column."""
    for row, values in enumerate(rows.tolist(), first):
        for sensor, value in zip(machine.sensors, values, strict=True):
            if math.isnan(value) and not sensor.optional:
                raise HTTPException(422, f"row {row}, column {sensor.name!a}: it is empty")
            if value < 0 <= sensor.minimum:
                raise HTTPException(422, f"row {row}, column {sensor.name!a}: {value:g} is negative")
    said = await scored(request, machine, rows)
    for row, problems in enumerate(said.problems, first):
        if problems:
            raise HTTPException(422, f"row {row}: {'; '.join(problems)}")
    return [-1 if fault else 1 for fault in said.predictions.faults.tolist()]
