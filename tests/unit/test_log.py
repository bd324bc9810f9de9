import json
import logging

import pytest

from app.log import set_up_logging

SECRET = "123:token"


@pytest.mark.parametrize("style", ["human", "json"])
def test_no_log_shows_a_secret_not_even_in_a_traceback(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(style, "INFO", [SECRET])
    try:
        int(f"https://api.telegram.org/bot{SECRET}/getMe")
    except ValueError:
        logging.getLogger("somewhere").exception("asking %s", SECRET)
    said = capsys.readouterr().err
    assert "asking ***" in said
    assert "bot***/getMe" in said
    assert SECRET not in said


def test_a_key_of_several_lines_is_hidden_in_json_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    key = '-----BEGIN "PRIVATE" KEY-----\nabc\n-----END-----'
    set_up_logging("json", "INFO", [key])
    logging.getLogger("somewhere").warning("it is %s", key)
    assert json.loads(capsys.readouterr().err)["message"] == "it is ***"


def test_json_logs_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("json", "INFO", [])
    logging.getLogger("consumer").warning("two\nlines")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "two\nlines"


def test_the_http_client_does_not_log_its_urls(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("human", "INFO", [])
    logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot123:token/getUpdates")
    assert capsys.readouterr().err == ""


def test_what_the_kafka_client_says_again_and_again_is_said_once_in_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging("human", "INFO", [])
    for second in range(25):
        for name in ("kafka", "consumer"):
            log = logging.getLogger(name)
            said = log.makeRecord(name, logging.ERROR, "", 0, "%s: refused (after %dms)", ("b1", second), None)
            said.created = 1_000_000.0 + second
            log.handle(said)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("kafka: ")[2] for line in lines if "kafka" in line] == [
        "b1: refused (after 0ms)",
        "b1: refused (after 10ms) (and 9 more like it)",
        "b1: refused (after 20ms) (and 9 more like it)",
    ]
    assert len(lines) == 3 + 25, "our own words are all said"
