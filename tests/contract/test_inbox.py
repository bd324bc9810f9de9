"""One suite for the inbox in memory and for the inbox on Postgres."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Protocol

import pytest

from core.label import Verdict
from core.ports.chat import Inbox
from core.reply import Outcome, Refusal, Reply
from core.reply_rules import Given
from core.report import Report
from tests.alert_world import ANNA, BEN, EVA, STRANGER, AlertWorld, alert_world
from tests.builders import NOON, a_batch
from tests.fake_inbox import FakeInbox, SentAlert

BOT = "telegram/4242"


class Rig(Protocol):
    """An inbox, with Anna and Ben as operators, Eva as an engineer, and alerts that were sent to Anna."""

    @property
    def inbox(self) -> Inbox: ...
    def alert(self) -> tuple[int, str]: ...
    def labels(self) -> Sequence[tuple[int, Verdict]]: ...
    def effective(self) -> dict[int, Verdict]: ...
    def comments(self) -> Sequence[tuple[int, str]]: ...
    def kept(self) -> Sequence[str]: ...
    def device(self, name: str) -> None: ...
    def reports(self) -> Sequence[tuple[str, str]]: ...


class InMemory:
    def __init__(self) -> None:
        self.inbox = FakeInbox(operators={str(ANNA): 1, str(BEN): 2, "Anna": 1, str(EVA): 3}, engineers={3})

    def alert(self) -> tuple[int, str]:
        number = len(self.inbox.sent) + 1
        self.inbox.sent.append(SentAlert(number, str(ANNA), f"{number}00"))
        return number, f"{number}00"

    def labels(self) -> Sequence[tuple[int, Verdict]]:
        return [(alert, verdict) for alert, _, verdict in self.inbox.labels]

    def effective(self) -> dict[int, Verdict]:
        given = {alert: self.inbox.given(alert) for alert, _, _ in self.inbox.labels}
        return {alert: max(labels, key=_counts).verdict for alert, labels in given.items() if labels}

    def comments(self) -> Sequence[tuple[int, str]]:
        return self.inbox.comments

    def kept(self) -> Sequence[str]:
        return [outcome.value for _, _, outcome in self.inbox.replies]

    def device(self, name: str) -> None:
        self.inbox.devices["press", name] = [NOON, NOON + timedelta(seconds=1)]

    def reports(self) -> Sequence[tuple[str, str]]:
        return [(report.device, report.comment) for report in self.inbox.reports]


def _counts(given: Given) -> tuple[bool, int]:
    return given.settles, given.label


class OnPostgres:
    def __init__(self, world: AlertWorld) -> None:
        self.inbox = world.inbox
        self._world = world
        world.operator("Anna", ANNA)
        world.operator("Ben", BEN, chat=ANNA)
        world.operator("Eva", EVA, chat=ANNA, role="engineer")
        self._devices = count(1)

    def alert(self) -> tuple[int, str]:
        number = self._world.alert(f"press-{next(self._devices)}")
        return number, self._world.deliver(number)

    def labels(self) -> Sequence[tuple[int, Verdict]]:
        rows = self._world.rows("SELECT alert, verdict FROM label ORDER BY id")
        return [(row.alert, Verdict(row.verdict)) for row in rows]

    def effective(self) -> dict[int, Verdict]:
        rows = self._world.rows("SELECT alert, verdict FROM effective_label")
        return {row.alert: Verdict(row.verdict) for row in rows}

    def comments(self) -> Sequence[tuple[int, str]]:
        query = "SELECT a.id, c.words FROM comment c JOIN alert a ON a.incident = c.incident ORDER BY c.id"
        return [(row.id, row.words) for row in self._world.rows(query)]

    def kept(self) -> Sequence[str]:
        return [row.outcome for row in self._world.rows("SELECT outcome FROM inbox ORDER BY id")]

    def device(self, name: str) -> None:
        self._world.store(a_batch(2, devices=[name] * 2))

    def reports(self) -> Sequence[tuple[str, str]]:
        query = "SELECT d.name, l.comment FROM label l JOIN device d ON d.id = l.device ORDER BY l.id"
        return [(row.name, row.comment) for row in self._world.rows(query)]


@pytest.fixture(params=["fake", "postgres"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "fake":
        yield InMemory()
        return
    with alert_world(request.getfixturevalue("database_url")) as world:
        yield OnPostgres(world)


def wrote(text: str, number: int = 500, sender: int = ANNA, replies_to: str | None = None) -> Reply:
    """A message in private."""
    return Reply("telegram", number, "{}", str(sender), str(sender), text, reference="7", replies_to=replies_to)


def pressed(alert: int, answer: str, number: int = 500, sender: int = ANNA) -> Reply:
    return Reply("telegram", number, "{}", str(sender), str(ANNA), answer, alert=alert)


def test_a_new_bot_asks_without_a_cursor(rig: Rig) -> None:
    assert rig.inbox.cursor(BOT) is None


def test_every_update_moves_the_cursor_whatever_it_says(rig: Rig) -> None:
    rig.inbox.accept(BOT, wrote("good morning", 500))
    assert rig.inbox.cursor(BOT) == 501
    assert rig.inbox.cursor("telegram/another") is None
    assert rig.kept() == ["not_understood"]


def test_a_pressed_button_labels_its_alert(rig: Rig) -> None:
    alert, _ = rig.alert()
    outcome = rig.inbox.accept(BOT, pressed(alert, "n"))
    assert outcome.kind is Outcome.LABELLED
    assert outcome.label is not None
    assert rig.labels() == [(alert, Verdict.FALSE_ALARM)]


@pytest.mark.parametrize("text", ["Y", "y", " yes. ", "YES!"])
def test_a_written_yes_in_any_case_to_the_alerts_message_labels_it(rig: Rig, text: str) -> None:
    first, reference = rig.alert()
    rig.alert()
    assert rig.inbox.accept(BOT, wrote(text, replies_to=reference)).kind is Outcome.LABELLED
    assert rig.labels() == [(first, Verdict.FAULT)]


def test_a_bare_answer_means_the_only_alert_that_waits(rig: Rig) -> None:
    first, _ = rig.alert()
    rig.inbox.accept(BOT, pressed(first, "y", 500))
    second, _ = rig.alert()
    assert rig.inbox.accept(BOT, wrote("n", 501)).kind is Outcome.LABELLED
    assert rig.labels() == [(first, Verdict.FAULT), (second, Verdict.FALSE_ALARM)]


def test_a_bare_answer_with_several_alerts_waiting_labels_none(rig: Rig) -> None:
    rig.alert()
    rig.alert()
    assert rig.inbox.accept(BOT, wrote("n")).kind is Outcome.WHICH_ALERT
    assert rig.labels() == []


def test_a_bare_answer_with_nothing_to_answer_labels_none(rig: Rig) -> None:
    assert rig.inbox.accept(BOT, wrote("n")).kind is Outcome.UNKNOWN_ALERT


def test_a_reply_to_some_other_message_labels_none(rig: Rig) -> None:
    rig.alert()
    assert rig.inbox.accept(BOT, wrote("n", replies_to="12345")).kind is Outcome.UNKNOWN_ALERT
    assert rig.labels() == []


def test_the_same_update_again_changes_nothing(rig: Rig) -> None:
    alert, _ = rig.alert()
    rig.inbox.accept(BOT, pressed(alert, "n", 500))
    rig.inbox.accept(BOT, wrote("hello", 501))
    assert rig.inbox.accept(BOT, pressed(alert, "n", 500)).kind is Outcome.REPLAYED
    assert rig.inbox.cursor(BOT) == 502
    assert len(rig.labels()) == 1
    assert len(rig.kept()) == 2


def test_a_double_tap_labels_once(rig: Rig) -> None:
    alert, _ = rig.alert()
    rig.inbox.accept(BOT, pressed(alert, "n", 500))
    assert rig.inbox.accept(BOT, pressed(alert, "n", 501)).kind is Outcome.REPEATED
    assert len(rig.labels()) == 1


def test_a_later_answer_corrects_the_earlier_one_whoever_gave_it(rig: Rig) -> None:
    alert, _ = rig.alert()
    rig.inbox.accept(BOT, pressed(alert, "n", 500))
    rig.inbox.accept(BOT, pressed(alert, "y", 501, sender=BEN))
    rig.inbox.accept(BOT, pressed(alert, "n", 502))
    assert [verdict for _, verdict in rig.labels()] == [Verdict.FALSE_ALARM, Verdict.FAULT, Verdict.FALSE_ALARM]


def test_a_second_person_who_agrees_is_heard_too(rig: Rig) -> None:
    alert, _ = rig.alert()
    rig.inbox.accept(BOT, pressed(alert, "n", 500))
    assert rig.inbox.accept(BOT, pressed(alert, "n", 501, sender=BEN)).kind is Outcome.LABELLED


def test_a_stranger_labels_nothing_even_with_a_true_button(rig: Rig) -> None:
    alert, _ = rig.alert()
    assert rig.inbox.accept(BOT, pressed(alert, "n", sender=STRANGER)).kind is Outcome.UNAUTHORISED
    assert rig.labels() == []
    assert rig.kept() == ["unauthorised"]


@pytest.mark.parametrize("refusal", list(Refusal))
def test_what_cannot_be_an_answer_labels_nothing(rig: Rig, refusal: Refusal) -> None:
    _, reference = rig.alert()
    reply = replace(wrote("y", replies_to=reference), refusal=refusal)
    assert rig.inbox.accept(BOT, reply).kind is Outcome.REFUSED
    assert rig.labels() == []


def test_people_talking_in_a_group_are_left_alone(rig: Rig) -> None:
    rig.alert()
    assert rig.inbox.accept(BOT, replace(wrote("y"), chat="-5")).kind is Outcome.IGNORED
    assert rig.kept() == ["ignored"]


def test_an_alert_that_does_not_exist_is_not_labelled(rig: Rig) -> None:
    assert rig.inbox.accept(BOT, pressed(12345, "n")).kind is Outcome.UNKNOWN_ALERT


def test_the_shell_numbers_its_own_replies(rig: Rig) -> None:
    alert, _ = rig.alert()
    reply = Reply("shell", None, "{}", "Anna", "shell", "n", alert=alert)
    assert rig.inbox.accept("shell", reply).kind is Outcome.LABELLED
    assert rig.inbox.accept("shell", replace(reply, text="y")).kind is Outcome.LABELLED
    assert len(rig.labels()) == 2


@pytest.mark.parametrize("verdict", list(Verdict))
def test_each_of_the_five_answers_labels_in_its_own_words(rig: Rig, verdict: Verdict) -> None:
    alert, _ = rig.alert()
    assert rig.inbox.accept(BOT, pressed(alert, verdict.words)).kind is Outcome.LABELLED
    assert rig.labels() == [(alert, verdict)]


def test_undo_takes_the_senders_newest_answer_back_and_the_alert_waits_again(rig: Rig) -> None:
    first, _ = rig.alert()
    second, _ = rig.alert()
    rig.inbox.accept(BOT, pressed(first, "n", 500))
    rig.inbox.accept(BOT, pressed(second, "n", 501))
    assert rig.inbox.accept(BOT, wrote("/undo", 502)).kind is Outcome.UNDONE
    assert rig.effective() == {first: Verdict.FALSE_ALARM}
    assert rig.inbox.accept(BOT, wrote("y", 503)).kind is Outcome.LABELLED, "a bare answer means the one that waits"
    assert rig.effective() == {first: Verdict.FALSE_ALARM, second: Verdict.FAULT}


def test_undo_restores_the_answer_before(rig: Rig) -> None:
    alert, _ = rig.alert()
    for number, answer in enumerate(("n", "y", "maintenance"), 500):
        rig.inbox.accept(BOT, pressed(alert, answer, number))
    effective = []
    for number in range(510, 514):
        rig.inbox.accept(BOT, pressed(alert, "/undo", number))
        effective.append(rig.effective().get(alert))
    assert effective == [Verdict.FAULT, Verdict.FALSE_ALARM, None, None]
    assert rig.kept()[-1] == "nothing_to_undo"
    assert len(rig.labels()) == 3, "what was said is kept"


def test_an_undo_that_names_its_label_takes_back_no_other(rig: Rig) -> None:
    alert, _ = rig.alert()
    rig.inbox.accept(BOT, pressed(alert, "n", 500))
    label = rig.inbox.accept(BOT, pressed(alert, "y", 501)).label
    undo = replace(pressed(alert, "/undo", 502), takes_back=label)
    assert rig.inbox.accept(BOT, undo).kind is Outcome.UNDONE
    assert rig.inbox.accept(BOT, replace(undo, update_id=503)).kind is Outcome.NOTHING_TO_UNDO
    assert rig.effective() == {alert: Verdict.FALSE_ALARM}


def test_nobody_takes_back_what_another_said(rig: Rig) -> None:
    alert, _ = rig.alert()
    rig.inbox.accept(BOT, pressed(alert, "n", 500))
    assert rig.inbox.accept(BOT, pressed(alert, "/undo", 501, sender=BEN)).kind is Outcome.NOTHING_TO_UNDO
    assert rig.inbox.accept(BOT, pressed(alert, "/undo", 502, sender=STRANGER)).kind is Outcome.UNAUTHORISED
    rig.inbox.accept(BOT, pressed(alert, "y", 503, sender=BEN))
    assert rig.inbox.accept(BOT, pressed(alert, "/undo", 504)).kind is Outcome.NOTHING_TO_UNDO
    assert rig.effective() == {alert: Verdict.FAULT}


def test_an_engineer_settles_what_others_dispute_until_it_is_taken_back(rig: Rig) -> None:
    alert, _ = rig.alert()
    said = [("n", ANNA), ("y", BEN), ("maintenance", EVA), ("n", ANNA), ("y", BEN), ("maintenance", EVA)]
    kinds = [rig.inbox.accept(BOT, pressed(alert, text, n, sender=by)).kind for n, (text, by) in enumerate(said, 500)]
    assert kinds == [*[Outcome.LABELLED] * 3, *[Outcome.OVERRULED] * 2, Outcome.REPEATED]
    assert rig.effective() == {alert: Verdict.MAINTENANCE}
    assert len(rig.labels()) == 5, "all that was said is kept"
    assert rig.inbox.accept(BOT, pressed(alert, "/undo", 510, sender=ANNA)).kind is Outcome.NOTHING_TO_UNDO
    assert rig.inbox.accept(BOT, pressed(alert, "/undo", 511, sender=EVA)).kind is Outcome.UNDONE
    assert rig.effective() == {alert: Verdict.FAULT}, "the latest counts again"


def test_an_answer_that_does_not_count_can_be_taken_back(rig: Rig) -> None:
    alert, _ = rig.alert()
    for number, (text, by) in enumerate((("n", EVA), ("y", BEN), ("/undo", BEN)), 500):
        kind = rig.inbox.accept(BOT, pressed(alert, text, number, sender=by)).kind
    assert (kind, rig.effective()) == (Outcome.UNDONE, {alert: Verdict.FALSE_ALARM})


def test_the_same_answer_after_an_undo_labels_again(rig: Rig) -> None:
    alert, _ = rig.alert()
    for number, text in enumerate(("n", "/undo", "n"), 500):
        rig.inbox.accept(BOT, pressed(alert, text, number))
    assert rig.kept() == ["labelled", "undone", "labelled"]


def test_words_to_an_alerts_message_are_kept_and_label_nothing(rig: Rig) -> None:
    alert, reference = rig.alert()
    outcome = rig.inbox.accept(BOT, wrote(" Bearing ordered ", replies_to=reference))
    assert (outcome.kind, outcome.facts["alert"]) == (Outcome.COMMENTED, alert)
    assert rig.comments() == [(alert, "Bearing ordered")]
    assert rig.labels() == []


def stated(device: str, comment: str = "", number: int = 500, sender: int = ANNA) -> Reply:
    """A missed fault, stated by a form."""
    report, at = Report("press", device, NOON, comment), NOON + timedelta(seconds=5)
    return Reply("telegram", number, "{}", str(sender), str(sender), "/fault", report=report, at=at)


def test_a_missed_fault_that_a_form_states_is_reported_once(rig: Rig) -> None:
    rig.device("T-7")
    outcome = rig.inbox.accept(BOT, stated("T-7", "humming"))
    assert (outcome.kind, outcome.label is not None) == (Outcome.REPORTED, True)
    told = outcome.facts["report"]
    assert isinstance(told, dict)
    assert (told["heard"], told["device"], told["readings"]) == ("labelled", "T-7", 2)
    assert rig.inbox.accept(BOT, stated("T-7", "humming")).kind is Outcome.REPLAYED
    assert rig.reports() == [("T-7", "humming")]


def test_the_same_report_again_is_a_repeat(rig: Rig) -> None:
    rig.device("T-7")
    rig.inbox.accept(BOT, stated("T-7"))
    assert rig.inbox.accept(BOT, stated("T-7", number=501)).kind is Outcome.REPEATED
    assert rig.reports() == [("T-7", "")]


def test_a_report_of_an_unknown_device_or_of_no_reading_or_by_a_stranger_labels_nothing(rig: Rig) -> None:
    rig.device("T-7")
    unknown = rig.inbox.accept(BOT, stated("T-8"))
    asked = unknown.facts["asked"]
    assert isinstance(asked, dict)
    assert (unknown.kind, unknown.label, asked["unclear"]) == (Outcome.ASKED_BACK, None, "unknown_device")
    early = replace(stated("T-7", number=501), at=NOON - timedelta(seconds=1))
    assert rig.inbox.accept(BOT, early).kind is Outcome.ASKED_BACK
    assert rig.inbox.accept(BOT, stated("T-7", number=502, sender=STRANGER)).kind is Outcome.WELCOMED
    assert rig.reports() == []
