"""How publishing goes, in words and as a summary."""

from collections.abc import Callable

from producer.publisher import Totals


class Progress:
    """Says how far publishing is, every so often."""

    def __init__(self, clock: Callable[[], float], every: float, show: Callable[[str], None]) -> None:
        """`clock`: seconds, monotonic; `every`: seconds between two lines."""
        self._clock = clock
        self._every = every
        self._show = show
        self._shown_at = clock()
        self._shown = 0

    def __call__(self, totals: Totals) -> None:
        """Show a line if it is time for one."""
        seconds = self._clock() - self._shown_at
        if seconds < self._every:
            return
        rate = (totals.produced - self._shown) / seconds
        self._shown_at += seconds
        self._shown = totals.produced
        self._show(f"{in_words(totals)}, {rate:,.0f} readings/s")


def in_words(totals: Totals) -> str:
    """The totals as one line."""
    failed = f", {totals.failed:,} refused" if totals.failed else ""
    return f"{totals.produced:,} readings sent, {totals.delivered:,} confirmed{failed}"


def summary(totals: Totals, seconds: float) -> dict[str, float]:
    """The totals as a script wants them."""
    return {
        "produced": totals.produced,
        "delivered": totals.delivered,
        "failed": totals.failed,
        "seconds": round(seconds, 3),
        "readings_per_s": round(totals.delivered / seconds, 1),
    }
