"""Which version serves while promotions come, servers go and artefacts are refused."""

import threading

import pytest
from msgspec.structs import replace

from consumer.models import ModelKeeper
from core.errors import ModelFailed, ModelRefused, Unavailable
from core.machine import Machine
from core.ports.models import Model
from core.prediction import ModelVersion
from tests.builders import HotIsFaulty, a_machine

PRESS = a_machine()


class Registry:
    """Source, promotion log and notices of the tests."""

    def __init__(self) -> None:
        self.promoted: int | None = None
        self.cached: int | None = None
        self.bad: set[int] = set()
        self.hangs: set[int] = set()
        self.hung_elsewhere: set[int] = set()
        self.end = threading.Event()
        self.away = False
        self.loads: list[tuple[int, str]] = []
        self.asked = 0

    def champion(self, machine: str) -> ModelVersion | None:
        return None if self.promoted is None else ModelVersion(machine, self.promoted)

    def record_load(self, machine: str, version: ModelVersion, outcome: str, reason: str = "") -> None:
        assert (machine, bool(reason)) == ("press", outcome != "loaded")
        self.loads.append((version.number, outcome))

    def withdrawn(self, version: ModelVersion) -> str | None:
        return "it hung" if version.number in self.hung_elsewhere else None

    def load(self, machine: Machine, version: ModelVersion) -> Model:
        self.asked += 1
        if self.away:
            raise Unavailable("S3 does not answer")
        if version.number in self.bad:
            raise ModelRefused("its signature is wrong")
        if version.number in self.hangs:
            self.end.wait()
        return HotIsFaulty(version.number, machine.name)

    def last_good(self, machine: Machine) -> Model | None:
        return None if self.cached is None else HotIsFaulty(self.cached, machine.name)

    def wait(self, seconds: float) -> bool:
        raise AssertionError(f"the tests drive the keeper themselves, without waiting {seconds} s")


@pytest.fixture
def registry() -> Registry:
    return Registry()


def keeper_of(registry: Registry, load_limit: float = 60) -> ModelKeeper:
    return ModelKeeper([PRESS], registry, registry, registry, load_limit)


def serving(keeper: ModelKeeper) -> int | None:
    keeper.follow(PRESS)
    keeper.swap(lambda _: None)
    model = keeper.in_service.get("press")
    return model.version.number if model else None


def test_without_a_champion_nothing_serves(registry: Registry) -> None:
    assert serving(keeper_of(registry)) is None


def test_a_promoted_version_is_loaded_once_and_recorded(registry: Registry) -> None:
    keeper = keeper_of(registry)
    registry.promoted = 1
    assert [serving(keeper) for _ in range(3)] == [1, 1, 1]
    assert registry.loads == [(1, "loaded")]


def test_a_rollback_is_followed_too(registry: Registry) -> None:
    keeper = keeper_of(registry)
    seen = []
    for registry.promoted in (1, 2, 1):
        seen.append(serving(keeper))
    assert seen == [1, 2, 1]


def test_a_refused_version_leaves_the_last_good_one_in_service_and_is_not_tried_again(registry: Registry) -> None:
    keeper = keeper_of(registry)
    registry.promoted = 1
    assert serving(keeper) == 1
    registry.promoted, registry.bad = 2, {2}
    assert [serving(keeper) for _ in range(3)] == [1, 1, 1]
    assert registry.loads == [(1, "loaded"), (2, "refused")]
    registry.promoted = 3
    assert serving(keeper) == 3


@pytest.mark.parametrize("trouble", ["away", "refused"])
def test_at_start_the_last_verified_copy_serves_when_the_champion_cannot(registry: Registry, trouble: str) -> None:
    registry.promoted, registry.cached = 5, 4
    registry.away, registry.bad = trouble == "away", {5}
    assert serving(keeper_of(registry)) == 4


def test_a_server_that_was_away_is_asked_again(registry: Registry) -> None:
    keeper = keeper_of(registry)
    registry.promoted, registry.away = 1, True
    assert serving(keeper) is None
    registry.away = False
    assert serving(keeper) == 1


def test_the_first_model_of_a_machine_is_announced_once(registry: Registry) -> None:
    keeper = keeper_of(registry)
    announced: list[Machine] = []
    for registry.promoted in (1, 2):
        keeper.follow(PRESS)
        keeper.swap(announced.append)
    assert announced == [PRESS]


def test_machines_without_a_champion_are_said_in_one_line_and_once(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    machines = [PRESS, *(replace(PRESS, name=name, topics=(f"readings.{name}",)) for name in ("saw", "lathe"))]
    keeper = ModelKeeper(machines, registry, registry, registry, 60)
    for _ in range(3):
        keeper.follow_all()
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["no champion yet of press, saw, lathe: train one, such as ./run train press --simulate"]


def test_what_ends_the_background_thread_ends_the_process(registry: Registry) -> None:
    keeper = keeper_of(registry)
    keeper.run()  # the registry of these tests refuses to be waited for
    with pytest.raises(AssertionError, match="without waiting"):
        keeper.swap(lambda _: None)


def test_a_version_that_hangs_while_it_is_loaded_is_refused_and_the_last_good_one_serves_on(registry: Registry) -> None:
    keeper = keeper_of(registry, load_limit=0.01)
    registry.promoted = 1
    assert serving(keeper) == 1
    registry.promoted, registry.hangs = 2, {2}
    assert [serving(keeper) for _ in range(3)] == [1, 1, 1]
    assert registry.loads == [(1, "loaded"), (2, "refused")]
    registry.promoted = 3
    assert serving(keeper) == 3
    registry.end.set()


def fails(number: int) -> ModelFailed:
    return ModelFailed(ModelVersion("press", number), "cannot score")


def test_a_version_that_fails_in_service_gives_way_to_the_one_before_it(registry: Registry) -> None:
    keeper = keeper_of(registry)
    for registry.promoted in (1, 2):
        serving(keeper)
    assert keeper.withdraw(fails(2))
    assert [serving(keeper) for _ in range(3)] == [1, 1, 1]
    assert registry.loads == [(1, "loaded"), (2, "loaded"), (2, "withdrawn")]
    registry.promoted = 3
    assert serving(keeper) == 3


def test_with_no_version_before_it_nothing_serves_until_another_one_is_champion(registry: Registry) -> None:
    keeper = keeper_of(registry)
    announced: list[Machine] = []
    registry.promoted, registry.cached = 1, 1
    assert serving(keeper) == 1
    assert not keeper.withdraw(fails(1))
    assert [serving(keeper) for _ in range(3)] == [None] * 3
    registry.promoted = 2
    keeper.follow(PRESS)
    keeper.swap(announced.append)
    assert announced == [PRESS], "its topics are read again"


def test_a_version_that_failed_in_any_process_is_not_loaded_again_and_not_reported_twice(registry: Registry) -> None:
    keeper = keeper_of(registry)
    registry.promoted, registry.cached, registry.hung_elsewhere = 2, 1, {2}
    assert [serving(keeper) for _ in range(3)] == [1, 1, 1]
    assert (registry.asked, registry.loads) == (0, [])
