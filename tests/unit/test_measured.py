"""What people measured, as an answer."""

import pytest

from core.any_answer import read_any_answer
from core.label import Verdict
from core.measured import Measurable, read_measured

FILM = Measurable(None, 10.0, "g/m²·day")


@pytest.mark.parametrize(
    "text",
    [
        "18.2",
        " 18,2 ",
        "+18.20",
        "1.82e1",
        "18.2 g/m²·day",
        "18.2g/m²·DAY.",
        "Y 18.2",
        "y: 18,2 g/m²·day",
        "yes, 18.2",
        "fault, 18.2",
    ],
)
def test_a_value_may_be_written_with_a_comma_its_unit_or_a_verdict(text: str) -> None:
    found = read_measured(text, FILM)
    assert found is not None
    assert (found.value, found.answer.verdict, found.answer.comment) == (18.2, Verdict.FAULT, "")


@pytest.mark.parametrize(
    ("text", "comment"), [("8,3, sample 7", "sample 7"), ("8.3 – by hand", "by hand"), ("8.3\nagain", "again")]
)
def test_a_comment_follows_a_mark(text: str, comment: str) -> None:
    found = read_measured(text, FILM)
    assert found is not None
    assert (found.value, found.answer.verdict, found.answer.comment) == (8.3, Verdict.FALSE_ALARM, comment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Y",
        "no",
        "N 18.2",
        "Y 8.3",
        "18.2 20",
        "18 doors",
        "1,234.5",
        "1e999",
        "nan",
        "٣",
        "0x10",
        "maintenance, 3",
    ],
)
def test_what_is_no_measured_value_or_contradicts_itself_is_none(text: str) -> None:
    assert read_measured(text, FILM) is None


@pytest.mark.parametrize(
    ("value", "verdict"),
    [("2.9", Verdict.FAULT), ("3", Verdict.FALSE_ALARM), ("10", Verdict.FALSE_ALARM), ("10.01", Verdict.FAULT)],
)
def test_the_limits_make_the_verdict_and_belong_to_what_is_good(value: str, verdict: Verdict) -> None:
    found = read_measured(value, Measurable(3.0, 10.0))
    assert found is not None
    assert found.answer.verdict is verdict


def test_where_nothing_can_be_measured_a_number_is_no_answer() -> None:
    assert read_any_answer("18.2", ()) is None
    plain = read_any_answer("N, 18.2 volts", (), FILM)
    assert plain is not None
    assert (plain.value, plain.answer.comment) == (None, "18.2 volts")


def test_a_verdict_that_its_own_number_contradicts_is_no_answer() -> None:
    assert read_any_answer("Y 8.3", (), FILM) is None
    assert read_any_answer("N, 18.2 g/m²·day", (), FILM) is None
    assert read_any_answer("Y 8.3", ()) is not None, "where nothing is measured it is a comment"
