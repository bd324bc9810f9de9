"""Keys of programs that ask the API: each speaks for an operator, within its scopes."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec import Struct

from core.login import Token, Visitor, new_token

_PREFIX = "fl_"
"""So that whoever finds one, in a log or a repository, knows what it opens."""


class Scope(StrEnum):
    """What a key may do."""

    PREDICT = "predict"
    """Have readings scored."""
    READ = "read"
    """Machines, devices, their readings and incidents, alerts and labels, models, trainings."""
    LABEL = "label"
    """Answer alerts."""
    MODELS = "models"
    """Retrain, promote, roll back: where its operator is an engineer."""


class Caller(NamedTuple):
    """A program that asks."""

    key: str
    """The key's name."""
    visitor: Visitor
    """For whom it speaks."""
    scopes: frozenset[Scope]


class ListedKey(Struct, frozen=True):
    """A key as `api-keys list` shows it."""

    name: str
    operator: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    revoked_at: datetime | None


class ApiKeys(Protocol):
    """Who asks."""

    def caller(self, key: bytes) -> Caller | None:
        """Behind the key (its SHA-256); None: there is none, it was revoked, or its operator removed. Unavailable."""


def new_key() -> Token:
    """A key of 256 random bits."""
    return Token(f"{_PREFIX}{new_token().text}")
