import pytest

from alerts.buttons import Buttons
from core.label import Verdict, read_answer
from core.reply import WHICH

OURS = Buttons("4242:secret")


def data(alert: int) -> dict[str, str]:
    return {button.text: button.data for row in OURS.of(alert, label=2**63 - 1) for button in row}


@pytest.mark.parametrize("alert", [1, 2**63 - 1])
def test_a_button_means_its_alert_and_its_answer(alert: int) -> None:
    meant = {words: OURS.read(pressed) for words, pressed in data(alert).items()}
    assert meant == {
        "✅ Real fault": (alert, "y", None, False),
        "❌ False alarm": (alert, "n", None, False),
        "🔧 Maintenance": (alert, "maintenance", None, False),
        "📟 Sensor fault": (alert, "sensor fault", None, False),
        "❓ Not sure": (alert, "not sure", None, False),
        "↩ Undo": (alert, "/undo", 2**63 - 1, False),
    }
    assert max(len(pressed.encode()) for pressed in data(alert).values()) <= 64, "Telegram takes no more"


def test_each_button_is_an_answer_that_is_understood() -> None:
    answers = [OURS.read(button.data) for row in OURS.of(1) for button in row]
    assert {found.verdict for press in answers if press and (found := read_answer(press.answer))} == set(Verdict)


def test_undo_is_offered_once_there_is_an_answer() -> None:
    assert len(OURS.of(1)) + 1 == len(OURS.of(1, label=3))


def test_a_button_of_a_question_means_no_alert() -> None:
    pressed = [OURS.read(button.data) for row in OURS.of_question(12, label=2**63 - 1) for button in row]
    assert [(press.alert, press.is_question) for press in pressed if press] == [(12, True)] * 6
    assert max(len(button.data) for row in OURS.of_question(2**63 - 1, 2**63 - 1) for button in row) <= 64
    assert [button.text for button in OURS.of_question(12)[0]] == ["✅ Fault", "❌ No fault"]


YES = data(1)["✅ Real fault"]


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "1:y",
        "1:y:",
        "1:y:AAAAAAAAAAAAAAAA",
        "2" + YES[1:],
        YES.replace(":y:", ":n:"),
        YES[:-1],
        YES + "A",
        "y:" + YES,
        "\ud800:y:AAAA",
        "1:y:ÄÖÜ",
        "::::",
    ],
)
def test_a_forged_button_means_nothing(forged: str) -> None:
    assert OURS.read(forged) is None


def test_another_bots_button_means_nothing_here() -> None:
    assert OURS.read(Buttons("4242:other").of(1)[0][0].data) is None


def test_the_likeliest_defects_have_buttons_and_one_shows_all_of_them() -> None:
    rows = OURS.of(2**63 - 1, defects=("Z_Scratch", "x" * 24), more=True)
    assert [[button.text for button in row] for row in rows[1:3]] == [
        ["🔎 Z_Scratch", f"🔎 {'x' * 24}"],
        ["🔎 Another…"],
    ]
    meant = [OURS.read(button.data) for row in rows[1:3] for button in row]
    assert [press.answer for press in meant if press] == ["Z_Scratch", "x" * 24, WHICH]
    assert max(len(button.data.encode()) for row in rows for button in row) <= 64, "Telegram takes no more"
