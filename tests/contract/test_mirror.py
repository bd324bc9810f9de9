"""core.ports.mirror.Mirror: in memory, and on an MLflow server (`./run test --mlflow`)."""

import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from app.mirroring import mirror_of
from app.settings import read_settings
from core.mirrored import MirroredName
from core.ports.mirror import Mirror
from tests.fake_mirror import FakeMirror
from tests.mirrored_versions import a_mirrored_version
from tests.mlflow_view import MlflowView


class Rig(NamedTuple):
    """A mirror, and our numbers that the aliases of a machine point to in it."""

    mirror: Mirror
    pointed: Callable[[str], Mapping[str, int]]


@pytest.fixture(
    params=["in memory", pytest.param("mlflow", marks=[pytest.mark.mlflow, pytest.mark.timeout(600)])],
)
def rig(request: pytest.FixtureRequest) -> Rig:
    if request.param == "in memory":
        fake = FakeMirror()
        return Rig(fake, lambda machine: {alias: name.number for alias, name in fake.aliases[machine].items()})
    url = request.getfixturevalue("mlflow_url")
    mirror = mirror_of(read_settings({"MLFLOW_TRACKING_URI": url}))
    assert mirror is not None
    return Rig(mirror, MlflowView(url).aliases)


@pytest.fixture
def machine() -> str:
    """One that no other test of this server knows."""
    return f"press_{uuid.uuid4().hex[:8]}"


def test_of_a_machine_that_was_never_shown_nothing_is_held_and_nothing_can_be_pointed_to(
    rig: Rig, machine: str
) -> None:
    rig.mirror.point(machine, {"champion": MirroredName(1, "a"), "challenger": None})
    assert set(rig.mirror.held(machine)) == set()
    assert rig.pointed(machine) == {}


def test_what_is_added_is_held_under_its_number_and_its_bytes_for_its_machine_alone(rig: Rig, machine: str) -> None:
    first, second = (a_mirrored_version(number, machine) for number in (1, 2))
    rig.mirror.add(first)
    rig.mirror.add(second)
    assert set(rig.mirror.held(machine)) == {first.name, second.name}
    assert set(rig.mirror.held(f"{machine}_2")) == set()


def test_the_same_number_with_other_bytes_is_another_version(rig: Rig, machine: str) -> None:
    before, after = a_mirrored_version(1, machine), a_mirrored_version(1, machine, sha256="f" * 64)
    rig.mirror.add(before)
    rig.mirror.add(after)
    assert set(rig.mirror.held(machine)) == {before.name, after.name}


def test_pointing_again_moves_and_pointing_nowhere_or_to_what_is_not_held_takes_away(rig: Rig, machine: str) -> None:
    first, second = (a_mirrored_version(number, machine) for number in (1, 2))
    rig.mirror.add(first)
    rig.mirror.add(second)
    for aliases, pointed in (
        ({"champion": first.name, "challenger": second.name}, {"champion": 1, "challenger": 2}),
        ({"champion": second.name, "challenger": None}, {"champion": 2}),
        ({"champion": second.name, "challenger": None}, {"champion": 2}),
        ({"champion": MirroredName(9, "c" * 64), "challenger": first.name}, {"challenger": 1}),
    ):
        rig.mirror.point(machine, aliases)
        assert rig.pointed(machine) == pointed
