"""What must be survived, in the words of the contract, and which invariants there are."""

import pytest

INVARIANTS = {
    "I1": "per partition: stored + duplicates + dead letters + gaps = next offset − first offset",
    "I2": "each position is stored once, each id once within the window",
    "I3": "incidents and device states equal a recomputation from the stored readings",
    "I4": "readings, incidents and alerts equal those of a clean single-process run over the same log",
    "I5": "one send an alert and recipient; the chat saw each, with at most one copy more for each unclear send",
    "I6": "each authorised reply: one inbox row, at most one effective label; unauthorised: none",
    "I7": "every stored prediction names a model version that was verified",
    "I8": "the consumer's memory stays under 400 MB",
    "I9": "the lag returns to zero",
    "I10": "no process ended by itself, and takeovers are bounded",
    "I11": "no secret in any log",
}
ALWAYS = "I1 I2 I7 I8 I9 I10 I11"
EVERYTHING = f"{ALWAYS} I3 I4"
"""All but the chat's."""

FAULTS = (
    "kill -9 mid-transaction",
    "kill -9 after COMMIT",
    "the COMMIT's answer lost",
    "SIGSTOP past the session timeout, then SIGCONT",
    "processing longer than the poll interval",
    "many rebalances under load",
    "partitions added",
    "topic deleted and re-created, shorter",
    "topic deleted and re-created, already longer",
    "retention passed our offset",
    "stored offset beyond the high watermark",
    "group offsets deleted",
    "broker down",
    "broker kill -9 during produce",
    "producer restarted and resending",
    "Postgres restarted",
    "Postgres: disk full",
    "Postgres: lock held 60 s",
    "Postgres: a slow query",
    "one poison message in 500",
    "all poison",
    "scoring that crashes on one reading",
    "S3 down at start, with cache",
    "S3 down at start, without cache",
    "model bytes flipped",
    "model bytes truncated",
    "model wrongly signed",
    "model validly signed, but not the version that the promotion log names",
    "a model that hangs",
    "a model that returns NaN",
    "hot reload under load",
    "trainer killed at each step",
    "S3 and Postgres away while a model is trained and rolled back",
    "Telegram 429",
    "Telegram: timeout after delivery",
    "Telegram: lost on the way",
    "Telegram refused for an hour",
    "many devices that fail at once",
    "dispatcher killed between send and mark",
    "two dispatchers",
    "bot killed after fetching replies",
    "group migrated",
    "SIGTERM under load",
    "clock ±1 h",
    "a long backlog with a slow database",
)


def survives(*faults: str, checks: str) -> pytest.MarkDecorator:
    """Marks the test of these faults; the rig checks the invariants named here, and docs/faults.md lists them."""
    assert set(faults) <= set(FAULTS), faults
    assert set(checks.split()) <= set(INVARIANTS), checks
    ordered = [name for name in INVARIANTS if name in checks.split()]
    return pytest.mark.survives(faults, tuple(ordered))
