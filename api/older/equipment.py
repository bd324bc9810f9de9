"""`/api/predict`, as the older system of factory equipment had it: for the machine `equipment`."""

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from api.older.rolling import lacks_earlier
from api.v1.keys import Predicting
from api.v1.predict import scored
from api.v1.problems import answers
from core.batch import MOST
from core.machine import Machine

MACHINE = "equipment"
_EXAMPLE = {"temperature": 70.1, "vibration": 1.6, "humidity": 50.2}


class Predicted(BaseModel):
    """Its answer."""

    prediction: int
    """1: faulty."""
    probability_faulty: float


class Refused(BaseModel):
    """Its refusal."""

    error: str


_ANSWERS = answers()
_ANSWERS[400] = _ANSWERS[400] | {"model": Refused}


def router(machine: Machine) -> APIRouter:
    """The older path for this machine."""
    found = APIRouter(tags=["older systems"])

    @found.post("/api/predict", responses=_ANSWERS, response_model=Predicted)
    async def predict(request: Request, _: Predicting, body: Annotated[object, Body(examples=[_EXAMPLE])]) -> Response:
        """Score one reading: its required sensors beside each other; the optional ones may be left out."""
        fields = body if isinstance(body, dict) else {}
        if refusal := _refusal(machine, fields):
            return JSONResponse({"error": refusal}, 400)
        row = [float("nan") if fields.get(name) is None else float(fields[name]) for name in machine.sensor_names]
        said = await scored(request, machine, np.array([row]))
        if said.problems[0]:
            return JSONResponse({"error": "; ".join(said.problems[0])}, 400)
        answer = {
            "prediction": int(said.predictions.faults[0]),
            "probability_faulty": float(said.predictions.scores[0]),
        }
        return JSONResponse(answer)

    return found


def _refusal(machine: Machine, fields: dict[str, object]) -> str:
    required = [sensor.name for sensor in machine.sensors if not sensor.optional]
    if any(fields.get(name) is None for name in required):
        return f"Missing one or more required fields: {', '.join(required)}"
    if lacking := lacks_earlier(machine, fields):
        return lacking
    wrong = [name for name in machine.sensor_names if fields.get(name) is not None and not _is_number(fields[name])]
    return f"Not a number: {', '.join(wrong)}" if wrong else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -MOST <= value <= MOST
