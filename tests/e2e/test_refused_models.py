"""A promoted version that is not what its trainer signed is refused while running; the last good one goes on."""

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from model.signature import make_key_pair
from tests.builders import a_reading
from tests.challenger import Challenger, named, promote_version_2, version_2
from tests.faults.catalogue import survives
from tests.world import World


class _LeavesATrace:
    """Unpickling it makes a file."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self._trace,)


def trap(trace: Path) -> bytes:
    return pickle.dumps(_LeavesATrace(trace))


def signed_by_a_stranger(good: Challenger, trace: Path) -> Challenger:
    private, _ = make_key_pair()
    evil = good._replace(model=trap(trace), signing_key=private)
    return named(evil, sha256=hashlib.sha256(evil.model).hexdigest(), size=len(evil.model))


def unsigned(good: Challenger, trace: Path) -> Challenger:
    return signed_by_a_stranger(good, trace)._replace(signing_key="")


def truncated(good: Challenger, _: Path) -> Challenger:
    return good._replace(model=good.model[:-1])


def tampered(good: Challenger, trace: Path) -> Challenger:
    poison = trap(trace)
    return good._replace(model=poison + good.model[len(poison) :])


def wrongly_versioned(good: Challenger, _: Path) -> Challenger:
    return named(good, number=1)


@survives(
    "model bytes flipped",
    "model bytes truncated",
    "model wrongly signed",
    "model validly signed, but not the version that the promotion log names",
    checks="I7",
)
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (signed_by_a_stranger, "a key that we do not trust"),
        (unsigned, "not signed"),
        (truncated, "bytes"),
        (tampered, "sha256"),
        (wrongly_versioned, "is that of equipment v1"),
    ],
)
def test_a_harmed_version_is_refused_and_the_last_good_one_goes_on(
    trained: World, harm: Callable[[Challenger, Path], Challenger], reason: str
) -> None:
    trace = trained.folder / "trace"
    trained.start("consumer")
    trained.publish([a_reading("pump-1", temperature=70.0, vibration=1.5, humidity=50.0)])
    trained.wait_until_read(1)

    promote_version_2(trained, harm(version_2(trained), trace))
    trained.wait_for("SELECT EXISTS (SELECT FROM model_load WHERE number = 2)", "the consumer tried to load version 2")

    assert reason in trained.one("SELECT reason FROM model_load WHERE number = 2 AND outcome = 'refused'")
    trained.publish([a_reading("pump-1", temperature=71.0, vibration=1.5, humidity=50.0)])
    trained.wait_until_read(2)
    assert trained.one("SELECT array_agg(DISTINCT model_version) FROM reading") == [1]
    assert trained.one("SELECT count(*) FROM reading WHERE score <> 'NaN'") == 2
    assert not trace.exists(), "nothing was unpickled before the signature was checked"
