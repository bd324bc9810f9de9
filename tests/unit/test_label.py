"""What people write, read as answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.label import Answer, Verdict, read_answer


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Y", Verdict.FAULT),
        (" yes. ", Verdict.FAULT),
        ("YES!", Verdict.FAULT),
        ("n", Verdict.FALSE_ALARM),
        ("No", Verdict.FALSE_ALARM),
        ("False alarm!!", Verdict.FALSE_ALARM),
        ("real fault", Verdict.FAULT),
        ("Maintenance", Verdict.MAINTENANCE),
        ("sensor fault", Verdict.SENSOR_FAULT),
        ("not sure", Verdict.NOT_SURE),
    ],
)
def test_a_verdict_is_read_in_any_case(text: str, verdict: Verdict) -> None:
    assert read_answer(text) == Answer(verdict)


@pytest.mark.parametrize(
    ("text", "verdict", "comment"),
    [
        ("N door was open", Verdict.FALSE_ALARM, "door was open"),
        ("No, the door was open", Verdict.FALSE_ALARM, "the door was open"),
        ("y\nbearing is gone", Verdict.FAULT, "bearing is gone"),
        ("Yes - bearing is gone.\nOrdered one.", Verdict.FAULT, "bearing is gone.\nOrdered one."),
        ("maintenance: until noon", Verdict.MAINTENANCE, "until noon"),
        ("N! Please", Verdict.FALSE_ALARM, "Please"),
    ],
)
def test_what_follows_a_verdict_is_its_comment(text: str, verdict: Verdict, comment: str) -> None:
    assert read_answer(text) == Answer(verdict, comment)


@pytest.mark.parametrize(
    "text",
    ["", "maybe", "no idea", "yes?", "not sure it is", "nope", "yn", "No, real fault", "y false alarm", "y n", "N?"],
)
def test_what_is_unclear_or_contradicts_itself_is_no_answer(text: str) -> None:
    assert read_answer(text) is None


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    answer = read_answer(text)
    assert answer is None or answer.comment == answer.comment.strip()
