"""The JSON Schemas that framed messages name, asked of a Schema Registry once each."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

import jsonschema_rs
import msgspec
from msgspec import Struct

from consumer.framing import unframed
from core.errors import InvalidReading, Unavailable

_TIMEOUT_S = 5.0
_MOST_BYTES = 4 << 20
_MOST_UNKNOWN = 10_000
_UNKNOWN_FOR_S = 60.0
"""The registry is asked again for a number that it did not know, no sooner."""


class _Answer(Struct):
    schema: str
    schema_type: str = msgspec.field(default="AVRO", name="schemaType")
    """As the registry has it where it says nothing."""


class Schemas:
    """Checks messages by the schemas that they name. Fetching thread only."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`url`: of the registry, `http[s]://[user:password@]host:port`."""
        parts = urlsplit(url)
        address = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        self._base = f"{parts.scheme}://{address}{parts.path.rstrip('/')}"
        self._headers = {"Accept": "application/vnd.schemaregistry.v1+json"}
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
        self._clock = clock
        self._known: dict[int, jsonschema_rs.Validator | str] = {}
        """By number; a text says why no message can be checked by it."""
        self._unknown: dict[int, float] = {}
        """Numbers that the registry did not know, and when it was asked."""

    def learn(self, values: Iterable[bytes | None]) -> None:
        """Ask for the schemas that these messages name and that are not known yet. Raises Unavailable."""
        for number in {found for value in values if (found := _number(value)) is not None}:
            asked = self._unknown.get(number)
            if number not in self._known and (asked is None or self._clock() - asked > _UNKNOWN_FOR_S):
                self._ask(number)

    def check(self, number: int, body: bytes) -> None:
        """Raises InvalidReading where the message is not as its schema says, or nobody knows what that says."""
        schema = self._known.get(number, f"schema {number} is not in the registry")
        if isinstance(schema, str):
            raise InvalidReading("decode", schema)
        try:
            schema.validate(msgspec.json.decode(body))
        except jsonschema_rs.ValidationError as error:
            place = "".join(f".{step}" for step in error.instance_path)
            raise InvalidReading("decode", f"schema {number}: {error.message[:200]} - at `${place}`") from error

    def _ask(self, number: int) -> None:
        answer = self._get(f"/schemas/ids/{number}")
        if answer is None:
            if len(self._unknown) >= _MOST_UNKNOWN:
                self._unknown.clear()
            self._unknown[number] = self._clock()
            return
        self._known[number] = _validator(number, answer)

    def _get(self, path: str) -> _Answer | None:
        """None where there is no such thing. Raises Unavailable."""
        try:
            with urlopen(Request(self._base + path, headers=self._headers), timeout=_TIMEOUT_S) as answer:  # noqa: S310  # http alone, see the settings
                return msgspec.json.decode(answer.read(_MOST_BYTES), type=_Answer)
        except HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            raise Unavailable(f"the Schema Registry (SCHEMA_REGISTRY_URL) answers with {error.code}") from error
        except URLError as error:
            raise Unavailable(f"the Schema Registry (SCHEMA_REGISTRY_URL) is away: {error.reason}") from error
        except (OSError, HTTPException, msgspec.DecodeError) as error:
            raise Unavailable(f"the Schema Registry (SCHEMA_REGISTRY_URL) cannot be understood: {error}") from error


def _number(value: bytes | None) -> int | None:
    try:
        return None if value is None else unframed(value)[0]
    except InvalidReading:
        return None


def _validator(number: int, answer: _Answer) -> jsonschema_rs.Validator | str:
    if answer.schema_type != "JSON":
        return f"schema {number} is {answer.schema_type}, not JSON Schema"
    try:
        described: Any = msgspec.json.decode(answer.schema)
        return jsonschema_rs.validator_for(described, offline=True)
    except ValueError as error:  # the library's own among them
        return f"schema {number} cannot be used: {' '.join(str(error).split())[:200]}"
