"""The hand-over of a shift, and the answers to `/retrain`, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.markup import PLAIN
from alerts.told import Told, told_text
from alerts.told_retraining import EndedRetraining, ToldRetraining
from alerts.told_shelving import Shelved
from alerts.told_shift import Dispute, OpenIncident, ToldShift
from core.command import Command
from core.label import Verdict
from core.retraining import Asked
from core.severity import Severity
from core.shift import FARTHEST, USUAL, shift_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUIET = ToldShift(NOON, 0, 0, 0, None, 0, (), (), ())


def words(shift: ToldShift) -> list[str]:
    return told_text(Told(Command.DIGEST, "Anna", shift=shift), "UTC", PLAIN).splitlines()


def test_a_quiet_shift_hands_nothing_over_and_says_so() -> None:
    assert words(QUIET) == [
        "Since 12:00 UTC, 1 Mar: 0 alerts, 0 missed faults reported",
        "Open: nothing",
        "Unanswered: nothing",
    ]


def test_a_shift_hands_over_what_is_open_unanswered_disputed_and_shelved() -> None:
    one = OpenIncident(12, "press-3", "fault", NOON, 0.97, Severity.HIGH, Verdict.FAULT, "Ben")
    dispute = Dispute(9, "press-4", ("Anna", "Ben"), (Verdict.FAULT, Verdict.FALSE_ALARM))
    shelved = Shelved("T-7", NOON, "Ben", "bearing")
    assert words(ToldShift(NOON, 7, 2, 3, NOON, 1, (one,), (dispute,), (shelved,))) == [
        "Since 12:00 UTC, 1 Mar: 7 alerts, 1 missed faults reported",
        "Open: 2",
        "#12 press-3 · high · 97 % since 12:00 UTC, 1 Mar · real fault (Ben)",
        "and 1 more",
        "Unanswered: 3, the oldest since 12:00 UTC, 1 Mar: /open",
        "Disputed: #9 press-4: Anna says real fault, Ben says false alarm",
        "Shelved: T-7 until 12:00 UTC, 1 Mar (Ben: bearing)",
    ]


def test_no_hand_over_is_longer_than_telegram_takes() -> None:
    one = OpenIncident(2**63 - 1, "d" * 500, "sensor", NOON, 0.5, Severity.MEDIUM, Verdict.SENSOR_FAULT, "b" * 500)
    dispute = Dispute(2**63 - 1, "<" * 500, ("b" * 500,) * 9, (Verdict.SENSOR_FAULT,) * 9)
    shelved = Shelved("d" * 500, NOON, "b" * 500, "r" * 5000)
    shift = ToldShift(NOON, 10**9, 10**9, 10**9, NOON, 10**9, (one,) * 10, (dispute,) * 5, (shelved,) * 5)
    assert len(told_text(Told(Command.DIGEST, "Anna", shift=shift), "UTC", PLAIN)) <= 4096


@pytest.mark.parametrize(
    ("text", "lasting"),
    [("", USUAL), ("12h", timedelta(hours=12)), ("please", USUAL), ("999d", FARTHEST)],
)
def test_a_shift_is_as_long_as_one_says(text: str, lasting: timedelta) -> None:
    assert shift_of(text) == lasting


def test_a_wish_for_a_new_model_is_answered() -> None:
    def said(asked: Asked) -> str:
        told = ToldRetraining(asked, "press", ("press", "pump"))
        return told_text(Told(Command.RETRAIN, "Anna", retraining=told), "UTC", PLAIN)

    assert said(Asked.REQUESTED) == "A new model of press is asked for. How it ends will be told here."
    assert said(Asked.NOT_AN_ENGINEER).startswith("Only engineers may ask for a new model.")
    assert said(Asked.WHICH_MACHINE) == "Which machine? You follow press, pump. As in: /retrain press"
    assert said(Asked.TOO_MANY).startswith("10 requests for a new model of press wait for a trainer already.")
    ended = Told(Command.RETRAIN, "Anna", ended=EndedRetraining("press", "promoted", "better", 4))
    assert told_text(ended, "UTC", PLAIN) == "Promoted: press v4. better"
