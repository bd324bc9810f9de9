"""Failures as programs read them: application/problem+json (RFC 9457)."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from core.errors import Unavailable

_log = logging.getLogger(__name__)
_MEDIA_TYPE = "application/problem+json"
_MOST_MISTAKES = 20


class Problem(BaseModel):
    """Why a request failed."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as an answer."""
    facts = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(facts.model_dump(), status, dict(headers or {}), media_type=_MEDIA_TYPE)


def answers(*statuses: int) -> dict[int | str, dict[str, object]]:
    """What the description says of these statuses, and of those that every request may meet."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    found = sorted({400, 401, 403, 413, 422, 429, 503, *statuses})
    return {status: {"description": HTTPStatus(status).phrase, "content": {_MEDIA_TYPE: schema}} for status in found}


def tell_problems(app: FastAPI) -> None:
    """Answer every failure of the application with a problem."""

    def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for it"
        return problem(error.status_code, str(error.detail), error.headers)

    def malformed(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError), "registered for it"
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:_MOST_MISTAKES]]
        return problem(422, "; ".join(wrong))

    def away(_: Request, error: Exception) -> Response:
        _log.warning("a request could not be answered: %s", error)
        return problem(503, "A server behind this one does not answer: try again in a moment.", {"retry-after": "5"})

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(Unavailable, away)
