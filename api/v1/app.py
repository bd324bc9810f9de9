"""The HTTP API as one application."""

import time

from fastapi import FastAPI

from api.older import equipment, monitored, permeability, vibration
from api.v1 import alerts, incidents, known, models, predict, readings
from api.v1.keys import KeyCheck
from api.v1.limits import BodyLimit
from api.v1.parts import Parts
from api.v1.problems import Problem, tell_problems
from api.v1.rate import Rate

_DESCRIPTION = """Readings scored by the model in service, and what is known of machines, alerts and models.

Every request carries a key: `Authorization: Bearer fl_…`. Failures are `application/problem+json` (RFC 9457)."""


def application(parts: Parts, *, body_limit_bytes: int, requests_per_s: float, compat_without_key: bool) -> FastAPI:
    """The API over these parts.

    `requests_per_s`: of a key, 0: any number. `compat_without_key`: the older systems' paths need none.
    """
    app = FastAPI(
        title="Faultline",
        version="1",
        description=_DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # they would load scripts of another site
        redoc_url=None,
    )
    app.state.parts = parts
    for part in (predict, known, readings, incidents, alerts, models):
        app.include_router(part.router)
    if (machine := parts.machines.get(equipment.MACHINE)) is not None:
        app.include_router(equipment.router(machine))
    if (machine := parts.machines.get(vibration.MACHINE)) is not None:
        app.include_router(vibration.router(machine))
    if older := [parts.machines[name] for name in monitored.MACHINES if name in parts.machines]:
        app.include_router(monitored.router(older))
    if (film := parts.machines.get(permeability.MACHINE)) is not None and film.target is not None:
        app.include_router(permeability.router(film, film.target))
    tell_problems(app)
    _describe_problems(app)
    app.add_middleware(BodyLimit, limit_bytes=body_limit_bytes)
    rate = Rate(requests_per_s, time.monotonic)
    app.add_middleware(KeyCheck, keys=parts.keys, rate=rate, without_key=compat_without_key)
    return app


def _describe_problems(app: FastAPI) -> None:
    description = app.openapi()
    description["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    app.openapi_schema = description
