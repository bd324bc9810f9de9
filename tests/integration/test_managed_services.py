"""Servers that somebody else runs are reached by settings alone."""

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from sqlalchemy import text

from app.models import registry
from app.settings import read_settings
from core.errors import Unauthorised, Unavailable
from db.engine import connected
from db.failures import failures_named
from tests.conftest import Servers


@pytest.fixture
def role(servers: Servers) -> Iterator[str]:
    """Where a process finds the short-lived keys of its role, as in a container of a cloud."""
    keys = {
        "AccessKeyId": servers.s3_access_key_id,
        "SecretAccessKey": servers.s3_secret_access_key,
        "Token": "",
        "Expiration": "2100-01-01T00:00:00Z",
    }

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # their name
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(keys).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/role"
        server.shutdown()
        serving.join()


@pytest.fixture
def without_keys(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The settings without static keys, on a machine that has none either."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers what it once found
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


def test_s3_is_used_under_a_role_without_static_keys(
    without_keys: Mapping[str, str], role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", role)
    bucket = registry(read_settings(without_keys))
    bucket.prepare()
    version = bucket.put("machines/press/model.pkl", b"one", "text/plain")
    assert bucket.get("machines/press/model.pkl", version, at_most=3) == b"one"


def test_without_keys_and_role_the_missing_settings_are_named(without_keys: Mapping[str, str]) -> None:
    with pytest.raises(Unauthorised, match="AWS_ACCESS_KEY_ID"):
        registry(read_settings(without_keys)).prepare()


def test_tls_that_database_url_asks_for_is_never_given_up(database_url: str) -> None:
    wanted = f"{database_url}?sslmode=verify-full&sslrootcert=/nowhere/{uuid.uuid4().hex}.pem"
    refused = pytest.raises(Unavailable, match=r"does not support SSL|root certificate file")
    with connected(wanted, "owner") as engine, refused, failures_named():
        engine.connect().execute(text("SELECT 1"))
