"""The small HTTP server: it answers, and nobody who asks slowly keeps anybody from anything."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import httpx
import pytest

from app.telemetry.answering import Answering
from app.telemetry.server import Answer, TelemetryServer
from core.errors import Unavailable
from tests.processes import PATIENCE_S, wait_until


def broken() -> Answer:
    raise ValueError("a secret in a message")


def bring(authorization: str, body: bytes) -> Answer:
    return Answer(200, f"{authorization}: {body.decode()}".encode())


@pytest.fixture
def server() -> Iterator[TelemetryServer]:
    made = TelemetryServer(
        "127.0.0.1", 0, {"/fine": lambda: Answer(200, b"fine\n"), "/broken": broken}, {"/bring": bring}
    )
    made.start()
    yield made
    made.shutdown()
    made.server_close()


def place(server: TelemetryServer) -> tuple[str, int]:
    return "127.0.0.1", server.server_port


def test_a_path_is_answered_and_another_one_says_which_there_are(server: TelemetryServer) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}") as client:
        assert client.get("/fine?anything").text == "fine\n"
        other = client.get("/other")
        assert (other.status_code, other.text) == (404, "there are /fine, /broken\n")
        assert client.post("/fine").status_code == 404
        assert client.put("/fine").status_code == 501


def test_what_is_brought_is_taken_where_its_length_is_told_and_not_beyond(server: TelemetryServer) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}") as client:
        assert client.post("/bring", content=b"news", headers={"Authorization": "me"}).text == "me: news"
        assert client.post("/bring", content=iter([b"endless"])).status_code == 413
    with closing(HTTPConnection(*place(server), timeout=PATIENCE_S)) as connection:
        connection.putrequest("POST", "/bring")
        connection.putheader("Content-Length", "1000001")
        connection.endheaders()
        assert connection.getresponse().status == 413, "before a byte of it was read"


def test_what_fails_is_said_in_the_log_and_not_to_whoever_asks(
    server: TelemetryServer, caplog: pytest.LogCaptureFixture
) -> None:
    answer = httpx.get(f"http://127.0.0.1:{server.server_port}/broken")
    assert (answer.status_code, "secret" in answer.text) == (500, False)
    assert "/broken cannot be answered" in caplog.text


def test_connections_that_say_nothing_keep_nobody_out_and_the_oldest_goes_first(
    server: TelemetryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.telemetry.server._Handler.timeout", 600.0)  # none of them is closed because it is idle
    idle = [socket.create_connection(place(server)) for _ in range(40)]
    try:
        assert httpx.get(f"http://127.0.0.1:{server.server_port}/fine", timeout=PATIENCE_S).text == "fine\n"
        idle[0].settimeout(PATIENCE_S)
        assert idle[0].recv(1) == b"", "it is closed"
        wait_until(lambda: sum("process_request_thread" in one.name for one in threading.enumerate()) <= 16, "few")
    finally:
        for connection in idle:
            connection.close()


def test_a_server_that_is_frozen_is_said_in_time_and_asked_once() -> None:
    asked, goes_on = [], threading.Event()

    def ask() -> None:
        asked.append(1)
        goes_on.wait(30)

    answering = Answering(ask, patience_s=0.01)
    assert [answering.trouble() for _ in range(3)] == ["no answer from the database within 0 s"] * 3
    assert len(asked) == 1
    goes_on.set()
    wait_until(lambda: not answering.trouble(), "it answers again")


def test_a_server_that_is_away_is_said_in_its_own_words() -> None:
    def ask() -> None:
        raise Unavailable("nobody listens")

    assert Answering(ask).trouble() == "nobody listens"


def test_whatever_else_fails_is_no_answer() -> None:
    def ask() -> None:
        raise RuntimeError("who knows")

    assert Answering(ask).trouble() == "the database cannot be asked: RuntimeError"
