"""Garbage collection off the hot path."""

import gc


def spare_the_collector() -> None:
    """Keep what start-up made out of every collection, and collect rarely: a batch makes no reference cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
