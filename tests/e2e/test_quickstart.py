"""docs/quickstart.md on this machine: what it shows is typed, in its order, while its demo runs."""

import json
import shlex
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.documents import Remaining
from tests.fake_telegram.client import Chats
from tests.processes import Running, run, wait_until

ANN = 4711


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data directory that Postgres' own user may enter when we are root."""
    with tempfile.TemporaryDirectory(prefix="faultline-quickstart-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def arguments(command: str, placeholders: Mapping[str, str]) -> list[str]:
    """Of a shown `./run …`, with the placeholders replaced."""
    words = shlex.split(command)
    assert words[0] == "./run"
    return [placeholders.get(word, word) for word in words[1:]]


@pytest.mark.timeout(900)
def test_the_quickstart_leads_to_an_alert_on_the_phone_and_a_model_that_learnt_from_the_answer(
    folder: Path, telegram: Chats
) -> None:
    environment: Mapping[str, str] = {
        "DATA_DIRECTORY": str(folder / "data"),
        "PAGE_PORT": "0",
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.url,
    }
    shown = Remaining("quickstart.md", "On this machine")
    demo = Running(arguments(shown.next("./run demo"), {}), environment, folder / "log")

    def typed(
        beginning: str, placeholders: Mapping[str, str] | None = None, answers: Collection[int] = frozenset((0,))
    ) -> str:
        done = run(arguments(shown.next(beginning), placeholders or {}), environment)
        assert done.returncode in answers, f"{beginning}\n{done.stdout}{done.stderr}\n{demo.tail()}"
        return done.stdout + done.stderr

    def asked(*words: str) -> str:
        return run([*words, "--json"], environment).stdout

    def labels() -> int:
        return int(json.loads(asked("status"))["machines"]["equipment"]["labels"])

    def alerts() -> Sequence[dict[str, Any]]:
        return [one for one in telegram.messages(ANN) if "needs attention" in one["text"]]

    try:
        wait_until(lambda: "machines are running" in demo.tail() or not demo.running, "the demo runs", 300)
        telegram.say(ANN, "/start")
        wait_until(lambda: any(str(ANN) in one["text"] for one in telegram.messages(ANN)), "the bot says her id", 60)
        typed("./run operators add ann", {"123456789": str(ANN)})
        wait_until(lambda: len(alerts()) > 1, "two alerts on Ann's phone", 180, pause=0.2)
        first, second = alerts()[:2]
        telegram.say(ANN, "n", reply_to=first["message_id"])
        wait_until(lambda: labels() == 1, "Ann's answer is a label", 60, pause=0.5)
        number = second["buttons"][0][0]["callback_data"].split(":")[0]
        assert f"alert #{number}" in typed("./run reply", {"3": number})
        assert labels() == 2
        assert "temperature" in typed("./run explain", {"3": number})

        said = typed("./run retrain equipment", answers=(0, 1))  # 1: the gate refused
        assert "v1" in typed("./run models list equipment")
        assert said.splitlines()[0].startswith(("promoted equipment v2", "refused equipment")), said
        champion = json.loads(asked("status"))["machines"]["equipment"]["champion"]
        assert champion == (2 if "promoted equipment v2" in said else 1)
        assert "equipment" in typed("./run status")
        shown.none_left()
        assert demo.stop(240) == 0, demo.tail()
    finally:
        demo.stop(240)
