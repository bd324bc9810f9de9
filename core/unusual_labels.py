"""Answers that an engineer should look at before they teach: decided from what people said, with a reason for people.

A hold is a question, not a judgement: whoever answers much and well may be asked about too. Three patterns are told:
somebody overturns nearly all that others (or a model that learnt from others) said, somebody turns nearly all of their
own answers round, and somebody gives one and the same answer about many devices faster than anybody can look at them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from math import comb

from msgspec import Struct

from core.label import Verdict

FEW = 8
"""Fewer answers are no pattern."""
_USUAL = 0.25
"""People who answer well contradict no more of what they can be held against, also where the others are few."""
_OFTEN = 0.5
_CHANCE = 0.001
"""How likely somebody who errs as usual would look like this."""
BURST = 10
"""So many answers, alike and each about another device, …"""
BURST_WITHIN = timedelta(seconds=30)
"""… in so short a time: three seconds for each."""


class Pattern(StrEnum):
    """What is unusual."""

    OVERTURNS = "overturns"
    TURNS = "turns"
    BURST = "burst"


class GivenAnswer(Struct, frozen=True):
    """One answer or report that was not taken back."""

    label: int
    operator: int
    by: str
    engineer: bool
    """Engineers settle: their answers are never unusual, and say what is right."""
    trouble: str
    """What it speaks of: two answers about one trouble have the same."""
    device: int
    verdict: Verdict
    at: datetime
    decided: bool = False
    """An engineer looked at it already: it is evidence no more."""
    version: int | None = None
    """Of the model whose alert or question it answers."""
    model: Verdict | None = None
    """What a later model that did not learn from it is sure of; None: there is none, or it is not sure."""


class Unusual(Struct, frozen=True):
    """One person's answers that should not teach yet."""

    operator: int
    pattern: Pattern
    labels: tuple[int, ...]
    """All of the person's where the person is what is unusual, for nobody knows which of them are wrong; of a burst its
    own."""
    reason: str


def unusual(answers: Sequence[GivenAnswer]) -> Sequence[Unusual]:
    """What an engineer should look at, of the answers about one machine; at most one pattern a person."""
    said = [one for one in sorted(answers, key=lambda one: one.label) if one.verdict in _SPEAKING]
    overturned, turned = _overturned(said), _turned(said)
    people = {one.operator: one.by for one in said if not one.engineer}
    found = (
        _by_rate(operator, Pattern.OVERTURNS, overturned, said, f"{name} contradicts what others said")
        or _by_rate(operator, Pattern.TURNS, turned, said, f"{name} turns their own answers round")
        or _burst(operator, name, said)
        for operator, name in people.items()
    )
    return [one for one in found if one is not None]


_SPEAKING = (Verdict.FAULT, Verdict.FALSE_ALARM)
"""The other verdicts teach nothing."""
_Contradicts = Mapping[int, Sequence[bool]]
"""Operator → of each answer that can be held against something whether it contradicts that."""


def _overturned(said: Sequence[GivenAnswer]) -> _Contradicts:
    """Held against an engineer's answer, or else what somebody else said before, or else what a model is sure of."""
    settled = {one.trouble: one.verdict for one in said if one.engineer}
    before: dict[str, list[GivenAnswer]] = defaultdict(list)
    latest: dict[tuple[int, str], tuple[GivenAnswer, Verdict | None]] = {}
    for one in said:
        others = [other.verdict for other in before[one.trouble] if other.operator != one.operator]
        opinion = settled.get(one.trouble) or (others[-1] if others else one.model)
        latest[one.operator, one.trouble] = one, opinion
        before[one.trouble].append(one)
    found: dict[int, list[bool]] = defaultdict(list)
    for one, opinion in latest.values():
        if opinion is not None and not one.decided and not one.engineer:
            found[one.operator].append(opinion is not one.verdict)
    return found


def _turned(said: Sequence[GivenAnswer]) -> _Contradicts:
    """Each trouble that a person answered: whether they say otherwise by now than they said first."""
    first: dict[tuple[int, str], GivenAnswer] = {}
    last: dict[tuple[int, str], GivenAnswer] = {}
    for one in said:
        first.setdefault((one.operator, one.trouble), one)
        last[one.operator, one.trouble] = one
    found: dict[int, list[bool]] = defaultdict(list)
    for (operator, trouble), one in last.items():
        if not one.decided and not one.engineer:
            found[operator].append(one.verdict is not first[operator, trouble].verdict)
    return found


def _by_rate(
    operator: int, pattern: Pattern, contradicts: _Contradicts, said: Sequence[GivenAnswer], words: str
) -> Unusual | None:
    """Whether the person contradicts far more often than the others do."""
    mine = contradicts.get(operator, ())
    others = [given for other, given in contradicts.items() if other != operator]
    count = sum(mine)
    if len(mine) < FEW or count < _OFTEN * len(mine) or _as_many(count, len(mine), _usual(others)) > _CHANCE:
        return None
    beside = f"; the others do so {sum(map(sum, others))} times of {sum(map(len, others))}" if others else ""
    labels = tuple(one.label for one in said if one.operator == operator and not one.decided)
    return Unusual(operator, pattern, labels, f"{words} {count} times of {len(mine)}{beside}")


def _usual(others: Sequence[Sequence[bool]]) -> float:
    """How often the one in the middle of the others contradicts, of two the one who does so more; few tell little."""
    rates = sorted((sum(given) + 1) / (len(given) + 4) for given in others)
    return max(_USUAL, rates[len(rates) // 2]) if rates else _USUAL


def _as_many(count: int, tries: int, rate: float) -> float:
    """The probability of so many or more among the tries, each with that rate."""
    return sum(comb(tries, k) * rate**k * (1 - rate) ** (tries - k) for k in range(count, tries + 1))


def _burst(operator: int, name: str, said: Sequence[GivenAnswer]) -> Unusual | None:
    """The answers that are one kind, about many devices, too quick to have been looked at."""
    mine = [one for one in said if one.operator == operator and not one.decided]
    labels = {label for run in _alike(mine) for label in _too_quick(run)}
    if not labels:
        return None
    verdicts = Counter(one.verdict.words for one in mine if one.label in labels)
    (words, _), *_ = verdicts.most_common(1)
    within = int(BURST_WITHIN.total_seconds())
    reason = f"{name} said {words} of {BURST} devices or more within {within} seconds, {len(labels)} answers in all"
    return Unusual(operator, Pattern.BURST, tuple(sorted(labels)), reason)


def _alike(answers: Iterable[GivenAnswer]) -> Iterator[Sequence[GivenAnswer]]:
    """Runs of one verdict, in the order in which they were given."""
    run: list[GivenAnswer] = []
    for one in sorted(answers, key=lambda one: (one.at, one.label)):
        if run and one.verdict is not run[-1].verdict:
            yield run
            run = []
        run.append(one)
    yield run


def _too_quick(run: Sequence[GivenAnswer]) -> Iterator[int]:
    """The labels of every window of the burst's length that speaks of enough devices."""
    start = 0
    for end, one in enumerate(run):
        while one.at - run[start].at > BURST_WITHIN:
            start += 1
        window = run[start : end + 1]
        if len({given.device for given in window}) >= BURST:
            yield from (given.label for given in window)
