"""The number of the schema that stands before a framed message, as a Schema Registry gives it."""

from base64 import b64encode
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

import msgspec
from msgspec import Struct

from core.errors import Unavailable, UserError
from core.json_schema import json_schema
from core.machine import Machine

_TIMEOUT_S = 5.0
_MOST_BYTES = 1 << 20
_JSON = "application/vnd.schemaregistry.v1+json"


class _Registered(Struct):
    id: int


def schema_number(url: str, machine: Machine) -> int:
    """Of the newest schema of the machine's topic; where the registry has none, it is given what our messages are.

    `url`: of the registry, `http[s]://[user:password@]host:port`. Raises Unavailable, and UserError where it refuses.
    """
    versions = f"/subjects/{quote(machine.topics[0], safe='')}-value/versions"
    newest = _asked(url, f"{versions}/latest")
    if newest is not None:
        return newest.id
    schema = msgspec.json.encode(json_schema(machine)).decode()
    registered = _asked(url, versions, msgspec.json.encode({"schemaType": "JSON", "schema": schema}))
    if registered is None:
        raise UserError(f"the Schema Registry takes no schemas at {versions}: correct SCHEMA_REGISTRY_URL")
    return registered.id


def _asked(url: str, path: str, body: bytes | None = None) -> _Registered | None:
    """None where there is no such thing."""
    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    headers = {"Accept": _JSON, "Content-Type": _JSON}
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
    request = Request(f"{parts.scheme}://{address}{parts.path.rstrip('/')}{path}", body, headers)  # noqa: S310  # http alone, see the settings
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310  # as above
            return msgspec.json.decode(answer.read(_MOST_BYTES), type=_Registered)
    except HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            return None
        raise UserError(f"the Schema Registry (SCHEMA_REGISTRY_URL) refuses {path} with {error.code}") from error
    except URLError as error:
        raise Unavailable(f"the Schema Registry (SCHEMA_REGISTRY_URL) is away: {error.reason}") from error
    except (OSError, HTTPException, msgspec.DecodeError) as error:
        raise Unavailable(f"the Schema Registry (SCHEMA_REGISTRY_URL) cannot be understood: {error}") from error
