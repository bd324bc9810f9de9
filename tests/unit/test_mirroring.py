"""What a mirror is told, what its aliases point to, and that it holds nobody up."""

import logging
import sys
import threading
from collections.abc import Sequence

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.mirror_watch import MirrorWatch
from app.mirroring import catch_up, mirror_of
from app.settings import read_settings
from app.wiring import ROOT
from core.errors import ModelRefused, Unavailable, UserError
from core.mirrored import MirroredName, MirroredVersion, Standing
from tests.builders import a_machine
from tests.fake_mirror import FakeMirror
from tests.mirrored_versions import a_mirrored_version


def standing(versions: int, promoted: Sequence[int] = (), champion: int | None = None) -> Standing:
    """Of a press with so many versions."""
    names = tuple(a_mirrored_version(number).name for number in range(1, versions + 1))
    return Standing(names, frozenset(promoted), champion)


@pytest.mark.parametrize(
    ("shown", "champion", "challenger"),
    [
        (standing(0), None, None),
        (standing(1, [1], 1), 1, None),
        (standing(2, [1], 1), 1, 2),
        (standing(2, [1, 2], 2), 2, None),
        (standing(2, [1, 2], 1), 1, None),
        (standing(3, [1, 2], 1), 1, 3),
        (standing(3, [1, 2], 2), 2, 3),
        (standing(3, [1, 3], 3), 3, None),
        (standing(1), None, 1),
    ],
    ids=[
        "no version",
        "the first",
        "a candidate",
        "promoted",
        "rolled back: no candidate any more",
        "a candidate after a rollback",
        "a candidate after a promotion",
        "one was passed over",
        "no champion yet",
    ],
)
def test_the_challenger_is_the_newest_version_that_is_still_a_candidate(
    shown: Standing, champion: int | None, challenger: int | None
) -> None:
    found = {alias: name and name.number for alias, name in shown.aliases().items()}
    assert found == {"champion": champion, "challenger": challenger}


@given(st.integers(1, 8), st.sets(st.integers(1, 8)), st.sets(st.integers(1, 8)))
def test_whatever_was_missed_a_mirror_ends_with_every_version_once_and_the_champion_named(
    versions: int, held: set[int], refused: set[int]
) -> None:
    mirror = FakeMirror()
    mirror.shown = [a_mirrored_version(number) for number in sorted(held) if number <= versions]

    def told(number: int) -> MirroredVersion:
        if number in refused:
            raise ModelRefused("its manifest is of an unknown key")
        return a_mirrored_version(number)

    shown = standing(versions, [versions], versions)
    for _ in range(2):
        done = catch_up("press", mirror, shown, told)
    numbers = [one.version.number for one in mirror.shown]
    there = {number for number in range(1, versions + 1) if number in held or number not in refused}
    assert sorted(numbers) == sorted(there)
    assert not done.added
    assert set(done.refused) == set(range(1, versions + 1)) - there
    champion = mirror.aliases["press"].get("champion")
    assert champion == (shown.versions[-1] if versions in there else None)


def test_after_a_restore_a_number_with_other_bytes_is_shown_anew_and_is_the_champion() -> None:
    mirror = FakeMirror()
    mirror.add(a_mirrored_version(1))
    again = a_mirrored_version(1, sha256="f" * 64)
    catch_up("press", mirror, Standing((again.name,), frozenset([1]), 1), lambda _: again)
    assert [one.sha256 for one in mirror.shown] == [f"{1:064x}", "f" * 64]
    assert mirror.aliases["press"] == {"champion": MirroredName(1, "f" * 64)}


def test_without_the_setting_nothing_is_shown_and_with_a_wrong_one_it_is_named() -> None:
    assert mirror_of(read_settings({})) is None
    for wrong in ("sqlite:///mlflow.db", "mlflow:5000"):
        with pytest.raises(UserError, match="MLFLOW_TRACKING_URI must begin with http"):
            mirror_of(read_settings({"MLFLOW_TRACKING_URI": wrong}))


def test_where_mlflow_is_not_installed_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mirror.mlflow_mirror", raising=False)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(UserError, match=r"mlflow is not installed.*requirements-mlflow\.txt"):
        mirror_of(read_settings({"MLFLOW_TRACKING_URI": "http://127.0.0.1:5000"}))


def test_a_trainer_says_once_that_mlflow_is_away_and_goes_on_trying(caplog: pytest.LogCaptureFixture) -> None:
    stopping, tries = threading.Event(), 0

    def make() -> None:
        nonlocal tries
        tries += 1
        if tries == 5:
            stopping.set()
        raise Unavailable("MLFLOW_TRACKING_URI (http://127.0.0.1:5000) takes nothing: connection refused")

    with caplog.at_level(logging.WARNING):
        watch = MirrorWatch(make, [a_machine()], stopping, after_failure_s=0.0)
        watch.run()
    assert tries == 5
    (said,) = caplog.messages
    assert "MLFLOW_TRACKING_URI" in said


def test_in_containers_mlflow_is_asked_for_bounded_and_reached_from_this_machine_alone() -> None:
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    mlflow = composed["services"]["mlflow"]
    assert mlflow["profiles"] == ["mlflow"]
    assert all(port.startswith("127.0.0.1:") for port in mlflow["ports"])
    assert (mlflow["read_only"], mlflow["mem_limit"], mlflow["cap_drop"]) == (True, "1g", ["ALL"])
    assert mlflow["healthcheck"]["test"][0] == "CMD"
    (volume,) = mlflow["volumes"]
    assert volume.partition(":")[0] in composed["volumes"]
    (tracking,) = set(mlflow["networks"]) - {"default"}
    assert composed["networks"][tracking] == {"internal": True}
    sharing = {name for name, service in composed["services"].items() if tracking in service.get("networks", [])}
    assert sharing == {"mlflow", "trainer"}
    image = (ROOT / "deploy" / "mlflow" / "Dockerfile").read_text()
    assert "\nUSER 10001:10001\n" in image
