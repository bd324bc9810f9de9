import pytest

from core.training_options import CHOICES, TrainingOptions, read_options


@pytest.mark.parametrize("choice", CHOICES)
def test_the_kind_of_model_may_stand_after_the_machine(choice: str) -> None:
    read = read_options(f" press  {choice} ")
    assert (read.machine, read.options and read.options.algorithm) == ("press", choice)


@pytest.mark.parametrize(("argument", "machine"), [("", ""), ("press", "press")])
def test_nothing_more_means_as_the_champion(argument: str, machine: str) -> None:
    assert read_options(argument) == (machine, TrainingOptions())


@pytest.mark.parametrize("argument", ["press rf search dry-run", "press --dry-run rf --search"])
def test_a_search_and_a_dry_run_are_asked_for_in_any_order(argument: str) -> None:
    assert read_options(argument) == ("press", TrainingOptions("rf", dry_run=True, search=True))


@pytest.mark.parametrize(
    "argument", ["press svm", "press dry-run dry-run", "press rf hgb", "press rf rf", "press rf please"]
)
def test_a_word_too_many_is_not_taken_for_anything(argument: str) -> None:
    assert read_options(argument) == ("press", None)
