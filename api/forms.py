"""Forms: small, of one kind, and read before anything is done with them."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

_LIMIT_BYTES = 16_384
_MOST_FIELDS = 20


async def form(request: Request) -> Mapping[str, str]:
    """The fields of a posted form. HTTPException for any other body, and for one that does not end in time."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "A form of this page is expected.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LIMIT_BYTES:
            raise HTTPException(413, f"A form has at most {_LIMIT_BYTES} bytes.")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise HTTPException(400, "This form cannot be read.") from error
    return {name: value.replace("\x00", "") for name, value in fields}
