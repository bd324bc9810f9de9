"""core.api_key.ApiKeys in memory."""

from dataclasses import dataclass, field

from core.api_key import Caller, Scope, new_key
from core.login import Visitor

ADA = Visitor(1, "Ada", "engineer", "UTC")


@dataclass
class FakeApiKeys:
    """Keys that a test hands out."""

    known: dict[bytes, Caller] = field(default_factory=dict)
    asked: int = 0

    def offer(self, *scopes: Scope, visitor: Visitor = ADA, name: str = "line-1") -> str:
        """A key with these scopes."""
        key = new_key()
        self.known[key.sha256] = Caller(name, visitor, frozenset(scopes))
        return key.text

    def revoke_all(self) -> None:
        self.known.clear()

    def caller(self, key: bytes) -> Caller | None:
        self.asked += 1
        return self.known.get(key)
