"""`./run alerts`, `reply` and `operators` as people use them, and as people misuse them."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.reply import Outcome
from local.ports import choose
from tests.alert_world import ANNA, BEN, STRANGER
from tests.alerts_installation import Installation, alerts_installation
from tests.processes import PATIENCE_S, run


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with alerts_installation(database_url, tmp_path) as found:
        yield found


def test_an_alert_arrives_is_answered_by_button_and_shows_the_answer(installation: Installation) -> None:
    process = installation.start()
    alert = installation.alert("press-<1>")
    assert alert["text"].startswith("🔴 High · Your device press-<1> needs attention\n")
    installation.telegram.press(ANNA, alert, button=1)
    shown = "Answer: false alarm (Anna, "
    installation.wait(lambda: shown in installation.telegram.messages(ANNA)[0]["text"], "the answer in the alert")
    installation.wait(installation.telegram.answers, "what is shown to who pressed")
    assert installation.telegram.answers() == ["Thank you. Noted: false alarm, press-<1>, alert #1."]
    assert installation.world.rows("SELECT verdict FROM label") == [("false_alarm",)]
    assert process.stop() == 0


def test_a_written_answer_gets_a_receipt(installation: Installation) -> None:
    installation.start()
    alert = installation.alert()
    said = installation.telegram.say(ANNA, "yes", reply_to=alert["message_id"])
    installation.wait(lambda: len(installation.telegram.messages(ANNA)) == 2, "a receipt")
    receipt = installation.telegram.messages(ANNA)[1]
    assert (receipt["text"], receipt["reply_to"]) == (
        "Thank you. Noted: real fault, press-1, alert #1.",
        said["message_id"],
    )


def test_a_newcomer_learns_the_id_and_can_be_added(installation: Installation) -> None:
    installation.start()
    installation.telegram.say(BEN, "/start")
    installation.wait(lambda: bool(installation.telegram.messages(BEN)), "a welcome")
    assert installation.telegram.messages(BEN)[0]["text"].endswith(f": {BEN}")
    added = run(["operators", "add", "Ben", "--telegram-id", str(BEN)], installation.environment)
    assert added.returncode == 0, added.stderr
    assert installation.alert(chat=BEN)


def test_what_is_no_answer_of_an_operator_labels_nothing(installation: Installation) -> None:
    telegram = installation.telegram
    installation.start()
    alert = installation.alert()
    here = {"reply_to": alert["message_id"]}
    telegram.press(STRANGER, alert)
    telegram.press(ANNA, alert, data="1:y:AAAAAAAAAAAAAAAA")
    telegram.say(ANNA, "y", forwarded=True, **here)
    telegram.say(ANNA, "y", edited=True, **here)
    telegram.say(ANNA, "y", sender_chat=-77, **here)
    telegram.say(STRANGER, "y")
    telegram.say(ANNA, "perhaps", **here)
    installation.wait(lambda: len(installation.outcomes()) >= 6, "all of it is kept")
    assert sorted(installation.outcomes()) == sorted(
        [Outcome.UNAUTHORISED] * 2 + [Outcome.REFUSED] * 3 + [Outcome.COMMENTED]
    ), "edited messages are not even asked for"
    assert installation.world.one("SELECT count(*) FROM label") == 0
    assert installation.world.one("SELECT count(*) FROM audit") == 5
    installation.wait(lambda: bool(telegram.messages(STRANGER)), "a polite answer")
    assert telegram.messages(STRANGER)[0]["text"].endswith(f": {STRANGER}")


def test_a_double_tap_and_a_replayed_update_label_once(installation: Installation) -> None:
    telegram = installation.telegram
    installation.start()
    alert = installation.alert()
    telegram.press(ANNA, alert)
    update = telegram.press(ANNA, alert)["update_id"]
    installation.wait(lambda: installation.outcomes() == ["labelled", "repeated"], "both taps are kept")
    raw = installation.world.one("SELECT raw FROM inbox WHERE update_id = :id", id=update)
    assert '"callback_query"' in raw
    telegram.say(ANNA, "/help")
    installation.wait(lambda: installation.outcomes() == ["labelled", "repeated", "told"], "the next update")
    assert installation.world.one("SELECT count(*) FROM label") == 1


def test_a_wrong_token_is_one_clear_line(installation: Installation) -> None:
    wrong = run(["alerts"], installation.environment | {"TELEGRAM_BOT_TOKEN": "1:wrong", "LOG_LEVEL": "INFO"})
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[-1] == ("faultline: TELEGRAM_BOT_TOKEN was rejected: copy it anew from @BotFather")
    assert "1:wrong" not in wrong.stdout + wrong.stderr


def test_without_a_token_alerts_are_printed_and_answered_from_the_shell(installation: Installation) -> None:
    environment = installation.environment | {"TELEGRAM_BOT_TOKEN": ""}
    installation.environment = environment
    assert run(["operators", "add", "Cem", "--console"], environment).returncode == 0
    process = installation.start()
    alert = installation.world.alert()
    installation.wait(lambda: process.said(f"./run reply {alert} y|n"), "the alert is printed")
    several = run(["reply", str(alert), "y"], environment)
    assert (several.returncode, "say who answers with --as NAME: there are Anna, Cem" in several.stderr) == (2, True)
    answered = run(["reply", str(alert), "N", "--as", "Cem", "--comment", "door open"], environment)
    assert answered.stdout == "Thank you. Noted: false alarm, press-1, alert #1.\n"
    assert installation.world.rows("SELECT verdict, comment FROM label") == [("false_alarm", "door open")]
    installation.wait(lambda: process.said("Answer: false alarm (Cem"), "the answer is printed")
    unknown = run(["reply", "777", "y", "--as", "Cem"], environment)
    assert (unknown.returncode, "there is no alert #777" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "say where the alerts go"),
        (["--console", "--zone", "Mars/Base"], "no time zone Mars/Base"),
        (["--chat", "-5"], "--chat needs --telegram-id too"),
        (["--console", "--machine", "teapot"], "no machine named teapot"),
        (["--telegram-id", str(ANNA)], f"the Telegram id {ANNA} belongs to an operator already"),
    ],
)
def test_an_operator_that_cannot_be_added_is_one_clear_line(
    installation: Installation, arguments: list[str], line: str
) -> None:
    refused = run(["operators", "add", "Ben", *arguments], installation.environment)
    assert refused.returncode == 2
    assert line in refused.stderr
    assert "Traceback" not in refused.stderr


def test_telegram_brings_replies_to_a_webhook_and_each_counts_once(installation: Installation) -> None:
    port = choose(["webhook"], {}, {})["webhook"]
    installation.environment |= {
        "TELEGRAM_WEBHOOK_URL": "https://faults.example.org/telegram",
        "TELEGRAM_WEBHOOK_PORT": str(port),
    }
    process = installation.start()
    alert = installation.alert()
    hook = installation.telegram.webhook()
    assert hook["url"] == "https://faults.example.org/telegram"
    installation.telegram.press(ANNA, alert, button=1)
    (update,) = installation.telegram.updates()  # nobody asks for it
    assert brought(port, update, "a guess") == 403
    assert [brought(port, update, hook["secret_token"]) for _ in range(2)] == [200, 200]
    assert installation.outcomes() == ["labelled"]
    assert installation.world.rows("SELECT verdict FROM label") == [("false_alarm",)]
    assert process.stop() == 0


def brought(port: int, update: dict[str, Any], secret: str) -> int:
    """The answer's status."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("POST", "/telegram", json.dumps(update), headers)
        return connection.getresponse().status
