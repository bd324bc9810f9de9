"""core.login.Logins in memory; its contract suite is tests/contract/test_login_links.py."""

from dataclasses import dataclass, field

from core.errors import Unavailable
from core.login import Token, Visitor

ANNA_VISITS = Visitor(1, "Anna", "operator", "Europe/Berlin")


@dataclass
class FakeLogins:
    """Hashes in dictionaries."""

    links: dict[bytes, Visitor] = field(default_factory=dict)
    sessions: dict[bytes, Visitor] = field(default_factory=dict)
    away: bool = False

    def offer(self, visitor: Visitor, link: Token) -> None:
        self.links[link.sha256] = visitor

    def remove(self, name: str) -> None:
        self.links = {link: visitor for link, visitor in self.links.items() if visitor.name != name}
        self.sessions = {session: visitor for session, visitor in self.sessions.items() if visitor.name != name}

    def invited(self, link: bytes) -> str | None:
        self._be_there()
        return self.links[link].name if link in self.links else None

    def open(self, link: bytes, session: bytes) -> bool:
        self._be_there()
        if link not in self.links:
            return False
        self.sessions[session] = self.links.pop(link)
        return True

    def visitor(self, session: bytes) -> Visitor | None:
        self._be_there()
        return self.sessions.get(session)

    def close(self, session: bytes) -> None:
        self._be_there()
        self.sessions.pop(session, None)

    def _be_there(self) -> None:
        if self.away:
            raise Unavailable("the database is away")
