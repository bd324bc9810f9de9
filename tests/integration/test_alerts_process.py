"""`./run alerts` when things go wrong: killed, flooded, cut off, doubled, stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.alert_world import ANNA, BEN
from tests.alerts_installation import Installation, alerts_installation
from tests.faults.catalogue import survives


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with alerts_installation(database_url, tmp_path) as found:
        yield found


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


@survives("bot killed after fetching replies", checks="I6")
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


@survives("dispatcher killed between send and mark", checks="I5")
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


@survives("Telegram: timeout after delivery", checks="I5")
def test_an_answer_lost_by_the_network_leads_to_a_marked_repeat(installation: Installation) -> None:
    installation.telegram.fault("lost")
    installation.start()
    installation.world.alert()
    installation.wait(lambda: len(installation.telegram.messages(ANNA)) == 2, "the alert once more")
    assert "(possible repeat) #1" in installation.telegram.messages(ANNA)[1]["text"]


@survives("Telegram 429", checks="I5")
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


@survives("group migrated", checks="I5")
def test_a_group_that_moved_is_followed(installation: Installation) -> None:
    installation.world.operator("Ben", BEN, chat=-5)
    installation.telegram.chat(-5, "moved", to=-1005)
    installation.start()
    assert installation.alert(chat=-1005)
    subscriptions = installation.world.rows("SELECT address FROM subscription ORDER BY id")
    assert subscriptions == [(str(ANNA),), ("-1005",)]


@survives("two dispatchers", checks="I5 I6")
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


def test_asked_to_stop_it_finishes_the_send_in_flight(installation: Installation) -> None:
    process = installation.start()
    installation.telegram.fault("hang", seconds=2)
    installation.alert()
    assert process.stop() == 0
    assert installation.world.rows("SELECT state, unclear FROM outbox") == [("sent", 0)]
