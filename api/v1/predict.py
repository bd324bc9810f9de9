"""`/api/v1/machines/{machine}/predict`: readings scored by the champion, as a consumer would score them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, UploadFile
from starlette.concurrency import run_in_threadpool

from api.v1.batching import NoModel, Overloaded
from api.v1.bodies import Sent, SentMany, rows_of
from api.v1.keys import Predicting
from api.v1.parts import machine_of, parts_of
from api.v1.problems import answers
from api.v1.verdicts import MOST_EXPLAINED, Answer, AnswerMany, Prediction, verdicts_of
from core.answered_rows import AnsweredRows
from core.batch import Floats
from core.errors import UserError
from core.explanation import PushedRow
from core.machine import Machine

router = APIRouter(prefix="/api/v1/machines/{machine}/predict", tags=["predict"])

MachineName = Annotated[str, Path(max_length=48, examples=["equipment"])]
Explain = Annotated[bool, Query(description="Which sensors pushed the model's answer, and how far.")]


@router.post("", responses=answers(404), summary="Score one reading")
async def one(request: Request, _: Predicting, machine: MachineName, body: Sent, explain: Explain = False) -> Answer:
    """Concurrent requests are scored together; a reading's verdict does not depend on the others."""
    described = machine_of(request, machine)
    version, (verdict,) = await _verdicts(request, described, rows_of(described, [body]), explain)
    return Answer(machine=machine, model_version=version, verdict=verdict)


@router.post("/batch", responses=answers(404), summary="Score many readings")
async def many(
    request: Request, _: Predicting, machine: MachineName, body: SentMany, explain: Explain = False
) -> AnswerMany:
    """In their order. A reading that cannot be scored says why, and costs the others nothing."""
    described = machine_of(request, machine)
    rows = rows_of(described, body.readings)
    version, verdicts = await _verdicts(request, described, rows, explain)
    return AnswerMany(machine=machine, model_version=version, verdicts=verdicts)


@router.post("/file", responses=answers(404), summary="Score the rows of a file")
async def file(
    request: Request, _: Predicting, machine: MachineName, file: UploadFile, explain: Explain = False
) -> AnswerMany:
    """CSV (separated by commas, semicolons or tabs; with decimal points or commas), XLSX, JSON or Parquet, by its name.

    Columns are the machine's sensors, by their names or by those of the machine's training files; others are ignored.
    Where those have no header, a CSV may have none either: its columns are then told by how many there are.
    Rolling sensors that have no column are computed from the rows before, of the same device where the file names it.
    """
    described = machine_of(request, machine)
    content = await file.read()
    try:
        rows = await run_in_threadpool(parts_of(request).read_table, described, file.filename or "", content)
    except UserError as error:
        raise HTTPException(422, str(error)) from error
    version, verdicts = await _verdicts(request, described, rows, explain)
    return AnswerMany(machine=machine, model_version=version, verdicts=verdicts)


async def scored(request: Request, machine: Machine, rows: Floats) -> AnsweredRows:
    """Rows scored by the champion. HTTPException 503 where none serves, or too much waits."""
    try:
        return await parts_of(request).batcher.score(machine, rows)
    except NoModel as error:
        words = f"No model serves {machine.name} here yet: train and promote one."
        raise HTTPException(503, words, {"retry-after": "5"}) from error
    except Overloaded as error:
        raise HTTPException(503, f"Try again: {error}.", {"retry-after": "1"}) from error


async def _verdicts(request: Request, machine: Machine, rows: Floats, explain: bool) -> tuple[int, list[Prediction]]:
    if explain and len(rows) > MOST_EXPLAINED:
        raise HTTPException(422, f"At most {MOST_EXPLAINED} readings are explained at once; these are {len(rows)}.")
    found = await scored(request, machine, rows)
    pushes = await _explained(request, machine, found) if explain else None
    return found.model.version.number, verdicts_of(machine, found, pushes)


async def _explained(request: Request, machine: Machine, found: AnsweredRows) -> Sequence[PushedRow]:
    try:
        return await run_in_threadpool(parts_of(request).explain, machine, found)
    except UserError as error:
        raise HTTPException(422, str(error)) from error
