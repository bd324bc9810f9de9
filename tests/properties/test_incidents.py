"""Incidents must not depend on how the log was cut into batches."""

from itertools import pairwise
from typing import cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.incident import HEALTHY, Closed, DeviceState, Moment, Opened, judge
from core.incident_policy import IncidentPolicy
from core.incident_replay import IncidentReplay, Raised
from tests.builders import a_batch, predictions
from tests.incident_rules import plainly

policies = st.integers(1, 6).flatmap(
    lambda n: st.builds(IncidentPolicy, open_after=st.integers(1, n), of_last=st.just(n), close_after=st.integers(1, 6))
)
logs = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([0.1, 0.6, 0.9, float("nan")])), min_size=1, max_size=60)


def replayed(
    log: list[tuple[int, float]], cuts: list[int], policy: IncidentPolicy
) -> tuple[list[tuple[object, ...]], dict[int, DeviceState]]:
    states: dict[int, DeviceState] = {}
    events: list[tuple[object, ...]] = []
    for start, end in pairwise(sorted({0, len(log), *cuts})):
        part = log[start:end]
        devices = np.array([device for device, _ in part], dtype=np.int64)
        scores = predictions([score for _, score in part])
        judgement = judge(a_batch(len(part), first_offset=start), devices, scores, states, policy)
        events += [(type(event), event.device, event.at, event.state) for event in judgement.events]
        states = {device: state for device, state in {**states, **judgement.states}.items() if state != HEALTHY}
    return events, states


@given(log=logs, cuts=st.lists(st.integers(1, 59)), policy=policies)
def test_any_cut_into_batches_gives_the_same_incidents(
    log: list[tuple[int, float]], cuts: list[int], policy: IncidentPolicy
) -> None:
    cuts = [cut for cut in cuts if cut < len(log)]
    assert replayed(log, cuts, policy) == replayed(log, [], policy)


@given(log=logs, cuts=st.lists(st.integers(1, 59)), policy=policies)
def test_a_replay_opens_the_incidents_that_the_consumer_opened(
    log: list[tuple[int, float]], cuts: list[int], policy: IncidentPolicy
) -> None:
    replay = IncidentReplay(policy)
    found: list[Raised] = []
    for start, end in pairwise(sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})):
        devices = np.array([device for device, _ in log[start:end]], dtype=np.int64)
        scores = predictions([score for _, score in log[start:end]])
        found += replay.take(a_batch(end - start, first_offset=start), devices, scores)
    found += replay.open()
    events, states = replayed(log, [], policy)
    assert {(one.device, one.opened) for one in found} == {(who, at) for kind, who, at, _ in events if kind is Opened}
    ends = [(who, cast("DeviceState", state)) for kind, who, _, state in events if kind is Closed]
    ends += [(who, state) for who, state in states.items() if state.open]
    assert {(one.device, one.first, one.last) for one in found} == {(who, last.since, last.last) for who, last in ends}


@given(log=logs, policy=policies)
def test_a_device_has_one_incident_at_a_time(log: list[tuple[int, float]], policy: IncidentPolicy) -> None:
    events, states = replayed(log, [], policy)
    for device in (1, 2, 3):
        kinds = [kind for kind, who, *_ in events if who == device]
        assert kinds == [Opened, Closed] * (len(kinds) // 2) + [Opened] * (len(kinds) % 2)
        assert states.get(device, HEALTHY).open == bool(len(kinds) % 2)


@given(log=logs, policy=policies)
def test_incidents_are_those_that_the_rules_give_reading_by_reading(
    log: list[tuple[int, float]], policy: IncidentPolicy
) -> None:
    events, _ = replayed(log, [], policy)
    found: dict[int, list[tuple[object, ...]]] = {}
    for kind, device, at, state in events:
        assert isinstance(at, Moment)
        assert isinstance(state, DeviceState)
        found.setdefault(cast(int, device), []).append(
            (at.offset, "opened" if kind is Opened else "closed", state.faults, state.peak)
        )
    assert found == plainly(log, 0.5, policy)
