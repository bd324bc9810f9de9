"""What the interpreter does beside the hot path: collecting garbage, and switching threads."""

import gc
import sys

_SWITCH_S = 0.0005
"""How long a thread back from Postgres, Kafka or a model waits for one that computes; 5 ms is the default."""


def tune() -> None:
    """Keep what start-up made out of every collection, and collect rarely: a batch makes no reference cycles."""
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
