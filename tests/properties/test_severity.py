"""However an incident goes: it never grows less severe, and people are not told of it too often."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.alert_policy import AlertPolicy
from core.reminder import Retelling, Standing, Told, why_told_again
from core.severity import Severity, graded
from tests.builders import NOON

probabilities = st.floats(0, 1)
seconds = st.floats(0, 1e6)


@st.composite
def policies(draw: st.DrawFn) -> AlertPolicy:
    medium, high = sorted([draw(probabilities), draw(probabilities)])
    soon, late = sorted([draw(st.floats(1, 1e5)), draw(st.floats(1, 1e5))])
    return AlertPolicy(medium, high, soon, late, draw(st.floats(1, 1e5)), draw(st.integers(0, 5)))


# What passes between two looks: event time and clock (which may be put back), and what the incident did meanwhile.
looks = st.lists(
    st.tuples(st.floats(0, 1e5), st.floats(-4000, 1e5), probabilities, st.booleans()), min_size=1, max_size=60
)


@given(policies(), probabilities, probabilities, seconds, seconds)
def test_likelier_and_longer_is_never_less_severe(
    policy: AlertPolicy, one: float, other: float, short: float, long: float
) -> None:
    (less, more), (short, long) = sorted([one, other]), sorted([short, long])
    assert graded(less, short, policy).severity <= graded(more, long, policy).severity


@given(policies(), probabilities, seconds)
def test_severity_is_the_highest_that_either_gives(policy: AlertPolicy, probability: float, long: float) -> None:
    high = probability >= policy.high_probability or long >= policy.high_after
    medium = probability >= policy.medium_probability or long >= policy.medium_after
    expected = Severity.HIGH if high else Severity.MEDIUM if medium else Severity.LOW
    assert graded(probability, long, policy).severity is expected


@given(policies(), looks)
def test_of_one_incident_people_hear_seldom_and_only_while_nobody_answered(
    policy: AlertPolicy, course: list[tuple[float, float, float, bool]]
) -> None:
    since = event = clock = NOON
    peak, answered = 0.0, False
    told = Told(graded(peak, 0, policy).severity, 0, event, clock)
    sent = [(Retelling.WORSE, told)]
    for passed, ticked, probability, answer in course:
        event, clock = event + timedelta(seconds=passed), clock + timedelta(seconds=ticked)
        peak, answered = max(peak, probability), answered or (answer and probability > 0.9)
        severity = graded(peak, (event - since).total_seconds(), policy).severity
        why = why_told_again(told, Standing(severity, True, answered, event), policy, clock)
        if why.is_told:
            assert not answered
            told = Told(severity, told.reminders + (why is Retelling.REMINDER), event, clock)
            sent.append((why, told))
    assert sum(why is Retelling.WORSE for why, _ in sent) <= len(Severity), "each severity once"
    assert told.reminders <= policy.reminders
    for (_, before), (why, after) in pairwise(sent):
        assert after.severity > before.severity or why is Retelling.REMINDER
        if why is Retelling.REMINDER:
            pause = timedelta(seconds=policy.remind_after * 2**before.reminders) - timedelta(milliseconds=1)
            assert after.at - before.at >= pause
            assert after.last - before.last >= pause
