"""What questions have found, by machine and pool."""

from msgspec import Struct

from core.question import Pool


class PoolResults(Struct, frozen=True):
    """The questions of one pool about one machine."""

    machine: str
    pool: Pool
    asked: int
    answered: int
    """By a real fault or by no fault: other answers say nothing of a miss."""
    faults: int
    represented: float
    """Readings that those answered stand for."""
    represented_faults: float
    """And those of them that the faults stand for."""

    @property
    def missed(self) -> float | None:
        """The share of the readings without an alert that are faults; only answers to the audit can say."""
        if self.pool is not Pool.AUDIT or self.represented == 0:
            return None
        return self.represented_faults / self.represented
