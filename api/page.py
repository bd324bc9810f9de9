"""The page as one application: routes within the guard."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from api import (
    alarms,
    champions,
    devices,
    holds,
    inbox,
    live,
    login,
    machines,
    machines_api,
    questions,
    reports,
    training_reports,
)
from api.failures import tell_failures
from api.guard import Guard
from api.live import Bell
from api.site import Site
from api.stores import Stores

_STATIC = Path(__file__).parent / "static"


def page(stores: Stores, site: Site, bell: Bell) -> FastAPI:
    """The application of a site; `bell` rings when its pages should look anew."""
    app = FastAPI(openapi_url=None)  # it describes itself to people alone
    app.state.stores, app.state.site, app.state.bell = stores, site, bell
    models = (machines, champions, holds, machines_api, training_reports)
    for part in (login, inbox, questions, live, devices, *models, alarms, reports):
        app.include_router(part.router)
    app.add_api_route("/", lambda: RedirectResponse(login.HOME), include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_STATIC))
    tell_failures(app)
    app.add_middleware(Guard, site=site)
    return app
