"""How people name a defect."""

import pytest

from core.defect import LikelyDefect, advice_on, likeliest, read_defect
from core.errors import UserError
from core.label import Verdict
from core.machine_file import parse_machine
from tests.plates import PLATES, probabilities_of


@pytest.mark.parametrize(
    "text",
    ["Z_Scratch", "z scratch", " Z-SCRATCH. ", "z_scratch", "Y Z_Scratch", "yes, z scratch", "Real fault: Z_Scratch"],
)
def test_a_name_is_understood_however_it_is_written(text: str) -> None:
    named = read_defect(text, PLATES.classes)
    assert named is not None
    assert (named.defect, named.answer.verdict, named.answer.comment) == ("Z_Scratch", Verdict.FAULT, "")


def test_a_comment_may_follow_a_name() -> None:
    named = read_defect("Bumps, at the left edge: twice", PLATES.classes)
    assert named is not None
    assert (named.defect, named.answer.comment) == ("Bumps", "at the left edge: twice")


def test_the_name_of_what_calls_nobody_says_that_it_was_a_false_alarm() -> None:
    named = read_defect("other faults", PLATES.classes)
    assert named is not None
    assert named.answer.verdict is Verdict.FALSE_ALARM


@pytest.mark.parametrize(
    "text", ["", "Y", "N, Bumps", "Bump", "Bumps and Stains", "no bumps", "Pastry?!x", "Y other faults"]
)
def test_what_only_resembles_a_name_is_none(text: str) -> None:
    assert read_defect(text, PLATES.classes) is None


def test_nothing_is_named_of_a_machine_with_one_kind_of_fault() -> None:
    assert read_defect("Bumps", ()) is None


def test_the_three_likeliest_defects_are_told_with_what_to_do_about_the_first() -> None:
    likely = likeliest(PLATES, probabilities_of(["Stains", "Bumps", "Other_Faults", "Pastry"], [0.5, 0.1, 0.2, 0.2]))
    assert likely == [LikelyDefect("Stains", 0.5), LikelyDefect("Other_Faults", 0.2), LikelyDefect("Pastry", 0.2)]
    assert "emulsion" in advice_on(PLATES, likely)
    assert advice_on(PLATES, [LikelyDefect("Other_Faults", 0.5)]) == PLATES.advice


def test_what_is_normal_is_no_defect_unless_the_file_lists_it() -> None:
    text = TOML.replace('normal = "Crack"', 'normal = "fine"')
    machine = parse_machine(text, "plates", "plates.toml")
    assert machine.classes == ("fine", "Crack", "Dent", "Bow")
    assert [one.defect for one in likeliest(machine, [0.7, 0.1, 0.15, 0.05])] == ["Dent", "Crack", "Bow"]


TOML = """task = "defects"
[[sensors]]
name = "a"
usual = [0, 1]
[[defects]]
name = "Crack"
[[defects]]
name = "Dent"
[[defects]]
name = "Bow"
[labels]
normal = "Crack"
"""


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('"Dent"', '"crack"', r"plates.toml:8: defects\[1\].name: a second defect named crack"),
        ('"Dent"', '"Maintenance"', r"defects\[1\].name: Maintenance is an answer already"),
        ('"Dent"', '"a name that is much too long for a button"', r"defects\[1\].name"),
        ('task = "defects"', 'task = "fault"', "defects: names the defects of task `defects`, and of no other task"),
        ('[[defects]]\nname = "Bow"\n', "", "defects: at least two that call somebody"),
        (
            "[labels]",
            '[[faults]]\nname = "wear"\npushes = []\n[labels]',
            r"faults\[0\].name: wear is none of the defects",
        ),
    ],
)
def test_what_is_wrong_with_a_machines_defects_is_named(before: str, after: str, complaint: str) -> None:
    assert len(parse_machine(TOML, "plates", "plates.toml").classes) == 3
    with pytest.raises(UserError, match=complaint):
        parse_machine(TOML.replace(before, after), "plates", "plates.toml")
