"""A machine's stored readings: `/api/v1/machines/{machine}/readings`, by the page or as a file."""

import asyncio
import logging
from datetime import datetime
from itertools import chain
from threading import BoundedSemaphore
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict
from starlette.types import Message, Receive, Scope, Send

from api.v1.parts import parts_of
from api.v1.problems import answers
from api.v1.wanted import Begin, Filtered, cursor_of
from core.batch import Floats, Quality, from_micros
from core.kept_readings import FileFormat, KeptMachine, KeptReadings, LogPlace

_log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1/machines/{machine}/readings", tags=["read"])

_MOST_WINDOWS = 20
"""That one page looks through: where a filter leaves little of each, it has fewer readings rather than take long."""
_MEDIA_TYPES: dict[FileFormat, str] = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
_EXPORTS = BoundedSemaphore(2)
"""At once: each may take hours, and keeps a connection of the database busy."""
STALLED_S = 60.0
"""A client that takes nothing for so long does not keep others from theirs."""


class StoredReading(BaseModel):
    """A reading with what the model of its time said of it."""

    model_config = ConfigDict(
        protected_namespaces=(),
        json_schema_extra={
            "example": {
                "id": "0195512f-9c3a-7d52-8f0e-2f6c3f1f2a10",
                "device": "pump-7",
                "time": "2026-03-01T12:00:00Z",
                "sensors": {"temperature": 99.5, "vibration": 4.9, "humidity": None},
                "quality": [],
                "fault": True,
                "probability": 0.97,
                "defect": None,
                "value": None,
                "model_version": 3,
                "topic": "readings.equipment",
                "partition": 0,
                "offset": 4711,
            }
        },
    )

    id: UUID
    device: str
    time: datetime
    sensors: dict[str, float | None]
    quality: list[str]
    """What is doubtful about it; then it was not scored."""
    fault: bool | None
    """Null: it was not scored, or the threshold of its model version is not known."""
    probability: float | None
    defect: str | None
    """The likeliest one of a fault, of a machine with several."""
    value: float | None
    """That was predicted, of a machine of which one is."""
    model_version: int | None
    topic: str
    partition: int
    offset: int


class ReadingPage(BaseModel):
    """Readings in the log's order: partition after partition, the oldest first."""

    readings: list[StoredReading]
    """Perhaps fewer than were asked for, even none: there is more while `next` is not null."""
    next: str | None
    """The `cursor` of the next page; null: this was the last one."""


@router.get("", responses=answers(404), summary="A machine's readings, by the page")
def readings(
    request: Request, asked: Filtered, begin: Begin, count: Annotated[int, Query(ge=1, le=1000)] = 100
) -> ReadingPage:
    """Whatever comes in while pages are turned: no reading comes twice, and none that was there is left out."""
    found: list[StoredReading] = []
    behind: LogPlace | None = None
    windows = parts_of(request).readings.windows(asked.wanted, begin, count)
    for number, window in enumerate(windows, 1):
        found += _stored(asked.wanted.machine, window.readings)
        behind = window.next
        if len(found) == count or number == _MOST_WINDOWS:
            break
    else:
        behind = None
    return ReadingPage(readings=found, next=None if behind is None else cursor_of(behind))


_FILE = {
    "description": "The file, as it is read.",
    "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in _MEDIA_TYPES.values()},
}


@router.get("/export", response_class=Response, responses={200: _FILE, **answers(404)}, summary="Readings as a file")
def export(
    request: Request,
    asked: Filtered,
    kind: Annotated[FileFormat, Query(alias="format", description="`arrow`: a stream of Arrow's IPC format.")] = "csv",
) -> Response:
    """All that the filters leave of what is stored when it begins, in the log's order, in bounded memory.

    It ends with the client. Where the answer breaks off, the file is not whole: it has no length, and no last chunk.
    """
    parts = parts_of(request)
    if not _EXPORTS.acquire(blocking=False):
        raise HTTPException(503, "Other files are being made: try again in a moment.", {"retry-after": "10"})
    try:
        windows = parts.readings.windows(asked.wanted)
        pieces = parts.kept_file(kind, asked.wanted.machine, (window.readings for window in windows))
        first = next(pieces)  # a database that is away is a problem, not a file that breaks off
    except BaseException:
        _EXPORTS.release()
        raise
    name = f"{asked.name}.{'arrows' if kind == 'arrow' else kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    return _Export(chain([first], pieces), headers=headers, media_type=_MEDIA_TYPES[kind])


class _Export(StreamingResponse):
    """Makes room for the next one when it ends, however it ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(STALLED_S):
                await send(message)

        try:
            await super().__call__(scope, receive, patiently)
        except TimeoutError:
            _log.warning("an export broke off: its client took nothing for %g s", STALLED_S)
        finally:
            _EXPORTS.release()


def _stored(machine: KeptMachine, rows: KeptReadings) -> list[StoredReading]:
    judged, faults = rows.judged.tolist(), rows.faults.tolist()
    scores, values = _known(rows.scores), _known(rows.values)
    return [
        StoredReading(
            id=UUID(bytes=bytes(rows.ids[row])),
            device=rows.devices[row],
            time=from_micros(int(rows.times[row])),
            sensors=dict(zip(machine.sensors, _known(rows.sensors[row]), strict=True)),
            quality=_flags(int(rows.quality[row])),
            fault=faults[row] if judged[row] else None,
            probability=scores[row],
            defect=machine.classes[rows.classes[row]] if machine.classes and judged[row] and faults[row] else None,
            value=values[row],
            model_version=None if scores[row] is None else int(rows.versions[row]),
            topic=rows.topic,
            partition=rows.partition,
            offset=int(rows.offsets[row]),
        )
        for row in range(len(rows.offsets))
    ]


def _flags(quality: int) -> list[str]:
    return [str(flag.name).lower() for flag in Quality(quality)]


def _known(numbers: Floats) -> list[float | None]:
    found: list[float] = numbers.tolist()
    return [None if one != one else one for one in found]  # NaN alone differs from itself
