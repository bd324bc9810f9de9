"""What a search for hyper-parameters may cost."""

from typing import NamedTuple


class Budget(NamedTuple):
    """At most so many trials, and none begun after so many seconds; one of each kind of model takes place anyhow."""

    trials: int = 20
    seconds: float = 300.0
