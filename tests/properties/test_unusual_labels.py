"""What is unusual must not depend on chance: honest people are let be, and who flips everything is found."""

from dataclasses import dataclass

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.label import Verdict
from core.unusual_labels import FEW, GivenAnswer, unusual
from tests.answers import Answers

people = st.integers(2, 5)
seeds = st.integers(0, 2**32 - 1)
answers = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.sampled_from(Verdict), st.integers(0, 3)), max_size=60
)


@dataclass
class Shop:
    """People who answer troubles, each of whom errs now and then."""

    people: int
    seed: int
    wrong: float = 0.05

    def answers(self, each: int, flipper: bool) -> list[GivenAnswer]:
        random = np.random.default_rng(self.seed)
        said = Answers()
        for trouble in range(each * self.people):
            truth = bool(random.random() < 0.4)
            for person in random.permutation(self.people)[:2]:
                says = truth != bool(random.random() < self.wrong)
                said.add(f"person {person}", trouble, _verdict(says))
            if flipper:
                said.add("mallory", trouble, _verdict(not truth))
        return said.all


def _verdict(fault: bool) -> Verdict:
    return Verdict.FAULT if fault else Verdict.FALSE_ALARM


@given(people=people, seed=seeds, each=st.integers(1, 40))
def test_people_who_err_now_and_then_are_never_held(people: int, seed: int, each: int) -> None:
    assert unusual(Shop(people, seed).answers(each, flipper=False)) == []


@given(people=people, seed=seeds, each=st.integers(FEW, 40))
def test_who_flips_everything_is_found_and_nobody_else(people: int, seed: int, each: int) -> None:
    said = Shop(people, seed).answers(each, flipper=True)
    (found,) = unusual(said)
    assert {one.by for one in said if one.label in found.labels} == {"mallory"}


@given(drawn=answers)
def test_whatever_was_said_few_answers_of_a_person_are_never_held(drawn: list[tuple[str, int, Verdict, int]]) -> None:
    said = Answers()
    for by, trouble, verdict, device in drawn:
        said.add(by, trouble, verdict, device=device)
    for found in unusual(said.all):
        mine = [one for one in said.all if one.operator == found.operator]
        assert len(mine) >= FEW
        assert set(found.labels) <= {one.label for one in mine}


@given(drawn=answers)
def test_what_an_engineer_decided_is_held_no_more(drawn: list[tuple[str, int, Verdict, int]]) -> None:
    said = Answers()
    for by, trouble, verdict, device in drawn:
        said.add(by, trouble, verdict, device=device)
    assert unusual([msgspec.structs.replace(one, decided=True) for one in said.all]) == []
