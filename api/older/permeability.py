"""`/inference` and `/train`, as the older system of packaging film had them: for the machine `permeability`."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.concurrency import run_in_threadpool

from api.older.film import row_of
from api.v1.keys import Modelling, Predicting
from api.v1.parts import parts_of
from api.v1.predict import scored
from api.v1.problems import answers
from core.answered_rows import doubts
from core.batch import Floats
from core.errors import ModelRefused
from core.machine import Machine
from core.named_models import NamedVersion
from core.ports.models import Model
from core.prediction import Predictions
from core.shown_machines import Wish
from core.target import Target
from core.training_options import Algorithm, TrainingOptions

MACHINE = "permeability"
_MODELS: dict[str, Algorithm] = {
    "LinearRegression": "lr",
    "Ridge": "lr",
    "RandomForestRegressor": "rf",
    "GradientBoostingRegressor": "hgb",
    "HistGradientBoostingRegressor": "hgb",
}
_Version = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]
_FILM: dict[str, JsonValue] = {
    "Muestra": 1,
    "Grados_C": 25.6,
    "Porc_Humedad": 23,
    "Estructura": "BOPP",
    **{f"Calibre{number}": 16.4 for number in range(1, 6)},
    "CalibreProm": 16.4,
}


_ASKED: dict[str, JsonValue] = {"version": "0.1", "data_test": _FILM}


class Asked(BaseModel):
    """A film, and which version is to judge it; null: the one in service."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASKED]})

    version: _Version | None = None
    data_test: dict[Annotated[str, Field(max_length=48)], float | str | None]


class Predicted(BaseModel):
    """What was predicted."""

    model_config = ConfigDict(protected_namespaces=())

    version: str | None
    """As it was asked for."""
    model_version: int
    """Ours."""
    prediction: float
    unit: str
    low: float | None
    high: float | None
    """The limits; null: none."""
    approved: bool


class Wanted(BaseModel):
    """A training under a name."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"model": "LinearRegression", "version": "0.1", "test_size": 0.25}]}
    )

    model: str = "LinearRegression"
    version: _Version
    test_size: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Without effect: the hold-out stays that of the model in service, so that both are judged on the same rows."""


class Taken(BaseModel):
    """A trainer carries it out; the gate decides whether it serves."""

    version: str
    model: str
    request: int
    state: str = "pending"


def router(machine: Machine, target: Target) -> APIRouter:
    """The older paths for this machine."""
    found = APIRouter(tags=["older systems"])

    @found.post("/inference", responses=answers(404), summary="Predict one film's permeability")
    async def inference(request: Request, _: Predicting, body: Asked) -> Predicted:
        """By the version that a training of this name led to."""
        row = np.array([row_of(machine, body.data_test)])
        number, said = await _said(request, machine, row, body.version)
        assert said.values is not None, "its task is regression"
        return Predicted(
            version=body.version,
            model_version=number,
            prediction=float(said.values[0]),
            unit=target.unit,
            low=target.low,
            high=target.high,
            approved=not said.faults[0],
        )

    @found.post("/train", status_code=202, responses=answers(404, 409), summary="Ask for a new model under a name")
    def train(request: Request, caller: Modelling, body: Wanted) -> Taken:
        """As retraining over `/api/v1`: from the data and answers there are, and promoted only if it is better."""
        parts = parts_of(request)
        if body.model not in _MODELS:
            raise HTTPException(422, f"There is no model {body.model!a}: it is one of {', '.join(_MODELS)}.")
        if any(one.name == body.version for one in parts.named.names(machine)):
            raise HTTPException(409, f"The version {body.version!a} was asked for before: choose another name.")
        options = TrainingOptions(_MODELS[body.model], called=body.version)
        wished = parts.models.retrain(caller.visitor, machine.name, options, "api")
        if wished.wish is not Wish.REQUESTED or wished.request is None:
            raise HTTPException(*_REFUSED[wished.wish])
        return Taken(version=body.version, model=body.model, request=wished.request)

    return found


_REFUSED = {
    Wish.NOT_AN_ENGINEER: (403, "The key's operator is no engineer."),
    Wish.UNKNOWN_MACHINE: (404, "There is no model of permeability yet, or the key's operator does not follow it."),
    Wish.UNDER_WAY: (409, "A request for a new model of this machine is under way already."),
}


async def _said(request: Request, machine: Machine, row: Floats, name: str | None) -> tuple[int, Predictions]:
    """Our version's number, and what it says of the one row. HTTPException where it is not scored."""
    if name is None:
        answered = await scored(request, machine, row)
        _refuse(answered.problems[0])
        return answered.model.version.number, answered.predictions
    model = await run_in_threadpool(_named, request, machine, name)
    _refuse(doubts(machine, row)[0])
    return model.version.number, await run_in_threadpool(model.predict, row)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise HTTPException(422, "; ".join(problems))


def _named(request: Request, machine: Machine, name: str) -> Model:
    named = parts_of(request).named
    known = named.names(machine)
    found = next((one for one in known if one.name == name), None)
    if found is None or found.number is None:
        raise HTTPException(404, _unknown(name, found, known))
    try:
        return named.load(machine, found.number)
    except ModelRefused as error:
        raise HTTPException(404, f"The version {name!a} cannot be used: {error}.") from error


def _unknown(name: str, found: NamedVersion | None, known: Sequence[NamedVersion]) -> str:
    there = ", ".join(repr(one.name) for one in known if one.number is not None) or "none yet: ask /train for one"
    what = f"There is no version {name!a}" if found is None else f"No model came of {name!a} ({found.state})"
    return f"{what}; there are {there}."
