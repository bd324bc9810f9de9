"""What people and programs read when something cannot be done: what it is, and what helps."""

import logging
from functools import partial
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from api.pages import render
from core.errors import Unavailable

_log = logging.getLogger(__name__)

_REMEDIES = {
    401: "You are not logged in. Ask an engineer for a login link: ./run operators link NAME prints one.",
    404: "There is nothing at this address.",
    405: "This address takes no such request.",
    422: "This address does not exist in this form.",
}


def tell_failures(app: FastAPI) -> None:
    """Answer every failure with a page, or under `/api/` with application/problem+json (RFC 9457)."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for it"
        usual = HTTPStatus(error.status_code).phrase
        if _by_program(request):
            return _problem(error.status_code, usual, "" if error.detail == usual else str(error.detail))
        words = _REMEDIES.get(error.status_code, usual) if error.detail == usual else error.detail
        return render("failure.html", error.status_code, title=usual, words=words)

    def malformed(request: Request, error: Exception) -> Response:
        if _by_program(request):
            assert isinstance(error, RequestValidationError), "registered for it"
            wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            return _problem(422, HTTPStatus(422).phrase, wrong)
        return render("failure.html", 422, title="Not understood", words=_REMEDIES[422])

    def away(request: Request, error: Exception) -> Response:
        _log.warning("a page could not be shown: %s", error)
        words = "The database does not answer. Nothing was lost: try again in a moment."
        page = partial(render, "failure.html", 503, title="Not available", words=words)
        response = _problem(503, "Not available", words) if _by_program(request) else page()
        response.headers["retry-after"] = "5"
        return response

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(Unavailable, away)


def _by_program(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _problem(status: int, title: str, detail: str) -> Response:
    facts = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(facts, status, media_type="application/problem+json")
