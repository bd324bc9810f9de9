"""Answers that judge models and never train one: a fair judge has not taught."""

from datetime import date
from hashlib import blake2b

FIRST = 30
"""So many of a machine's troubles train whatever happens: with fewer there is more to learn than to judge."""
ONE_OF = 5
"""Of the later ones, about one in so many judges."""


def is_held_back(device: str, day: date, place: int) -> bool:
    """Whether the trouble of that device on that day judges; `place`: how many the machine's people had judged before.

    All of one device on one day fall on one side, since they are alike; nothing changes sides later.
    """
    if place < FIRST:
        return False
    digest = blake2b(f"{device}\0{day.isoformat()}".encode(), digest_size=8, person=b"held back").digest()
    return int.from_bytes(digest) % ONE_OF == 0
