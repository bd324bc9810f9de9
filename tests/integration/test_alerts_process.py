"""`./run alerts` as a real process, before a stand-in for Telegram: killed, flooded, doubled, lied to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from core.reply import Outcome
from tests.alert_world import ANNA, BEN, STRANGER, AlertWorld, alert_world
from tests.fake_telegram.client import Chats, running
from tests.processes import Running, run, wait_until


@dataclass
class Installation:
    """A database with Anna as its operator, her phone, and alerts processes."""

    world: AlertWorld
    telegram: Chats
    environment: dict[str, str]
    folder: Path
    started: list[Running] = field(default_factory=list)

    def start(self) -> Running:
        self.started.append(Running(["alerts"], self.environment, self.folder / "alerts.log"))
        return self.started[-1]

    def alert(self, device: str = "press-1", chat: int = ANNA) -> dict[str, Any]:
        """An alert, once it is on the phone."""
        self.world.alert(device)
        self.wait(lambda: bool(self.about(device, chat)), f"the alert of {device} on the phone")
        return self.about(device, chat)[-1]

    def about(self, device: str, chat: int) -> list[dict[str, Any]]:
        return [message for message in self.telegram.messages(chat) if f"device {device} needs" in message["text"]]

    def outcomes(self) -> list[str]:
        return [row.outcome for row in self.world.rows("SELECT outcome FROM inbox ORDER BY id")]

    def wait(self, condition: Any, what: str) -> None:
        wait_until(condition, f"{what}\n{self.log()}", 30)

    def log(self) -> str:
        return self.started[-1].tail() if self.started else ""


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with alert_world(database_url) as world, running() as telegram:
        world.operator("Anna", ANNA)
        environment = {
            "DATABASE_URL": database_url,
            "TELEGRAM_API_URL": telegram.url,
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "LOG_LEVEL": "DEBUG",
        }
        found = Installation(world, telegram, environment, tmp_path)
        yield found
        for process in found.started:
            process.kill()
        for process in found.started:
            assert telegram.token not in process.log.read_text(), "I11: no secret in any log"


@contextmanager
def bot_cannot_store(owner: Engine) -> Iterator[None]:
    """Whoever takes an update waits for the cursor's table."""
    with owner.begin() as connection:
        connection.execute(text("LOCK TABLE bot_cursor IN EXCLUSIVE MODE"))
        yield


def waits_for_a_lock(owner: Engine) -> bool:
    query = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    with owner.connect() as connection:
        return bool(connection.execute(text(query)).scalar_one())


def test_an_alert_arrives_is_answered_by_button_and_shows_the_answer(installation: Installation) -> None:
    process = installation.start()
    alert = installation.alert("press-<1>")
    assert alert["text"].startswith("⚠ Your device press-<1> needs attention\n")
    installation.telegram.press(ANNA, alert, button=1)
    installation.wait(lambda: installation.telegram.messages(ANNA)[0]["edits"], "the answer in the alert")
    assert "Answer: false alarm (Anna, " in installation.telegram.messages(ANNA)[0]["text"]
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


def test_replies_survive_a_bot_that_is_killed_ten_times_after_it_fetched_them(
    installation: Installation, owner: Engine
) -> None:
    for number in range(10):
        process = installation.start()
        alert = installation.alert(f"press-{number}")
        if number % 2:
            installation.telegram.fault("hang", method="answerCallbackQuery", seconds=0.5)
            installation.telegram.press(ANNA, alert, button=1)
            # Killed after COMMIT, before Telegram was told.
            installation.wait(lambda: len(installation.outcomes()) == number + 1, "the reply is stored")  # noqa: B023
            process.kill()
        else:
            with bot_cannot_store(owner):
                installation.telegram.press(ANNA, alert, button=1)
                installation.wait(lambda: waits_for_a_lock(owner), "the bot has the reply and stores it")
                process.kill()
        installation.world.pass_time(61)  # a send that the kill hit holds its lease no longer
    installation.start()
    installation.wait(lambda: len(installation.outcomes()) >= 10, "all replies are taken")
    assert installation.outcomes() == ["labelled"] * 10
    labels = installation.world.rows("SELECT alert, count(*) AS labels FROM label GROUP BY alert ORDER BY alert")
    assert [row.labels for row in labels] == [1] * 10


def test_a_dispatcher_killed_between_send_and_mark_sends_again_and_says_so(installation: Installation) -> None:
    process = installation.start()
    installation.telegram.fault("hang", seconds=30)
    installation.alert()
    process.kill()
    installation.world.pass_time(61)
    installation.start()
    installation.wait(lambda: len(installation.telegram.messages(ANNA)) == 2, "the alert once more")
    first, second = (message["text"] for message in installation.telegram.messages(ANNA))
    assert "(possible repeat)" not in first
    assert "(possible repeat) #1" in second
    assert installation.world.one("SELECT unclear FROM outbox") == 1


def test_an_answer_lost_by_the_network_leads_to_a_marked_repeat(installation: Installation) -> None:
    installation.telegram.fault("lost")
    installation.start()
    installation.world.alert()
    installation.wait(lambda: len(installation.telegram.messages(ANNA)) == 2, "the alert once more")
    assert "(possible repeat) #1" in installation.telegram.messages(ANNA)[1]["text"]


def test_flood_control_is_obeyed(installation: Installation) -> None:
    installation.telegram.fault("flood", seconds=2)
    installation.start()
    installation.alert()
    waited = "SELECT sent_at - created_at >= interval '2 seconds' AND unclear = 0 AND tries = 2 FROM outbox"
    installation.wait(lambda: installation.world.rows(f"{waited} WHERE state = 'sent'") == [(True,)], "sent in time")
    assert len(installation.telegram.messages(ANNA)) == 1


def test_a_blocked_bot_gives_up_the_message_and_tells_the_audit(installation: Installation) -> None:
    installation.telegram.chat(ANNA, "blocked")
    installation.start()
    installation.world.alert()
    given_up = "SELECT count(*) FROM audit WHERE action = 'message given up'"
    installation.wait(lambda: installation.world.one(given_up) == 1, "the audit knows")
    assert installation.world.rows("SELECT state FROM outbox") == [("dead",)]


def test_a_group_that_moved_is_followed(installation: Installation) -> None:
    installation.world.operator("Ben", BEN, chat=-5)
    installation.telegram.chat(-5, "moved", to=-1005)
    installation.start()
    assert installation.alert(chat=-1005)
    subscriptions = installation.world.rows("SELECT address FROM subscription ORDER BY id")
    assert subscriptions == [(str(ANNA),), ("-1005",)]


def test_two_of_them_side_by_side_send_and_label_each_thing_once(installation: Installation) -> None:
    first, second = installation.start(), installation.start()
    for number in range(4):
        installation.world.alert(f"press-{number}")
    installation.wait(lambda: len(installation.telegram.messages(ANNA)) == 4, "all alerts")
    for message in installation.telegram.messages(ANNA):
        installation.telegram.press(ANNA, message)
    installation.wait(lambda: len(installation.outcomes()) == 4, "all replies")
    edited = "SELECT count(*) FROM outbox WHERE kind = 'answered' AND state = 'sent'"
    installation.wait(lambda: installation.world.one(edited) == 4, "all answers shown")
    assert len(installation.telegram.messages(ANNA)) == 4
    assert installation.outcomes() == ["labelled"] * 4
    assert (first.running, second.running) == (True, True)


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
        [Outcome.UNAUTHORISED] * 2 + [Outcome.REFUSED] * 3 + [Outcome.NOT_UNDERSTOOD]
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
    installation.wait(lambda: installation.outcomes() == ["labelled", "repeated", "welcomed"], "the next update")
    assert installation.world.one("SELECT count(*) FROM label") == 1


def test_asked_to_stop_it_finishes_the_send_in_flight(installation: Installation) -> None:
    process = installation.start()
    installation.telegram.fault("hang", seconds=2)
    installation.alert()
    assert process.stop() == 0
    assert installation.world.rows("SELECT state, unclear FROM outbox") == [("sent", 0)]


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
    installation.wait(lambda: f"./run reply {alert} y|n" in process.tail(), "the alert is printed")
    several = run(["reply", str(alert), "y"], environment)
    assert (several.returncode, "say who answers with --as NAME: there are Anna, Cem" in several.stderr) == (2, True)
    answered = run(["reply", str(alert), "N", "--as", "Cem", "--comment", "door open"], environment)
    assert answered.stdout == "Thank you. Noted: false alarm, press-1, alert #1.\n"
    assert installation.world.rows("SELECT verdict, comment FROM label") == [("false_alarm", "door open")]
    installation.wait(lambda: "Answer: false alarm (Cem" in process.tail(), "the answer is printed")
    unknown = run(["reply", "777", "y", "--as", "Cem"], environment)
    assert (unknown.returncode, "there is no alert #777" in unknown.stderr) == (2, True)
