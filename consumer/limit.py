"""The limit of dead letters, held to a batch: cut at the message that passes it, whatever the batches were."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from core.batch import Batch, Bools, DeadLetter, Integers, PartitionRun
from core.dead_letter_limit import DeadLetterLimit, outcomes, overrun
from core.halt import Halt, HaltKind
from core.ports.stream import Claim


class Limited(NamedTuple):
    """A batch that holds the limit."""

    batch: Batch
    kept: Bools | None
    """The rows that it still has, shape (n,); None: all of them."""


def behind_unscorable(batch: Batch, claim_of: Callable[[int], Claim]) -> Limited:
    """The batch up to, in each partition, the first reading that the model could not score.

    The rolling sensors of what lies behind it were computed with it among the device's last readings. It is no stored
    one now, and whoever takes the partition over would compute them without it: so they are computed again.
    """
    unscorable = [letter.position for letter in batch.dead_letters if letter.stage == "score"]
    if not unscorable:
        return Limited(batch, None)
    ends = {run.partition: run.next_offset for run in batch.runs}
    for position in unscorable:
        ends[position.partition] = min(ends[position.partition], position.offset + 1)
    claims = {run.partition: claim_of(run.partition) for run in batch.runs}
    return _cut(batch, [replace(run, next_offset=ends[run.partition]) for run in batch.runs], claims)


def within_limit(batch: Batch, claim_of: Callable[[int], Claim], limit: DeadLetterLimit) -> Limited:
    """The batch up to, in each partition, the message that makes dead letters too many: there the run says halt."""
    claims = {run.partition: claim_of(run.partition) for run in batch.runs}
    if not batch.dead_letters and not any(claim.outcomes for claim in claims.values()):
        return Limited(batch, None)  # the usual batch costs nothing
    runs = [_judged(batch, run, claims[run.partition], limit) for run in batch.runs]
    if all(run.halt is None for run in runs):
        return Limited(replace(batch, runs=runs), None)
    return _cut(batch, runs, claims)


def _judged(batch: Batch, run: PartitionRun, claim: Claim, limit: DeadLetterLimit) -> PartitionRun:
    """The run with what is remembered of it; one that passes the limit ends with the message that did."""
    letters = [letter for letter in batch.dead_letters if letter.position.partition == run.partition]
    positions = _counted(_positions(claim.next_offset, run), letters, claim.lenient_until)
    died = {letter.position.offset: letter for letter in letters if not letter.is_tombstone}
    dead = np.zeros(len(positions), dtype=np.bool_)
    dead[_places(positions, list(died))] = True
    if not (found := overrun(claim.outcomes, dead, limit)):
        return replace(run, outcomes=outcomes(claim.outcomes, dead, limit))
    last = int(positions[found.at])
    reason = f"{found.reason}, the last one at offset {last} ({died[last].stage}: {died[last].reason})"
    remembered = outcomes(claim.outcomes, dead[: found.at + 1], limit)
    return replace(run, next_offset=last + 1, outcomes=remembered, halt=Halt(HaltKind.DEAD_LETTERS, reason))


def _positions(start: int, run: PartitionRun) -> Integers:
    """Every message of the run: what lies between its gaps."""
    begins = [start, *(first + count for first, count in run.gaps)]
    ends = [*(first for first, _ in run.gaps), run.next_offset]
    return np.concatenate([np.arange(begin, end) for begin, end in zip(begins, ends, strict=True)])


def _counted(positions: Integers, letters: Sequence[DeadLetter], lenient_until: int) -> Integers:
    """Those of the messages that count: neither tombstones nor accepted by a person."""
    tombstones = [letter.position.offset for letter in letters if letter.is_tombstone]
    counted = np.delete(positions, _places(positions, tombstones)) if tombstones else positions
    return counted[np.searchsorted(counted, lenient_until) :]


def _places(positions: Integers, offsets: Sequence[int]) -> Integers:
    """Where these offsets stand among the rising positions; those that do not are left out."""
    wanted = np.array(offsets, dtype=np.int64)
    places = np.searchsorted(positions, wanted)
    there = places < len(positions)
    there[there] = positions[places[there]] == wanted[there]
    return places[there]


def _cut(batch: Batch, runs: list[PartitionRun], claims: Mapping[int, Claim]) -> Limited:
    """The batch without what lies behind the ends of these runs."""
    kept = np.ones(len(batch), dtype=np.bool_)
    for run in runs:
        kept[run.rows] = batch.offsets[run.rows] < run.next_offset
    end_of = {run.partition: run.next_offset for run in runs}
    letters = [letter for letter in batch.dead_letters if letter.position.offset < end_of[letter.position.partition]]
    rest = replace(batch, runs=runs, dead_letters=letters).of(kept)
    accounts = [_account(run, letters, claims[run.partition].next_offset) for run in rest.runs]
    return Limited(replace(rest, runs=accounts), kept)


def _account(run: PartitionRun, letters: Sequence[DeadLetter], start: int) -> PartitionRun:
    """The run, perhaps shorter than it was, with every position before its end accounted for."""
    gaps = [(first, count) for first, count in run.gaps if first < run.next_offset]
    dead = sum(letter.position.partition == run.partition for letter in letters)
    messages = run.next_offset - start - sum(count for _, count in gaps)
    return replace(run, gaps=gaps, dead=dead, duplicates=messages - dead - (run.rows.stop - run.rows.start))
