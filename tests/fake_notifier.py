"""core.ports.chat.Notifier in memory; its contract suite is tests/contract/test_notifier.py."""

from core.errors import FaultlineError, Undeliverable
from core.ports.chat import Rendered


class FakeNotifier:
    """Messages in a list; the errors of `failures` come first, one a call."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        """(address, text as it reads now)."""
        self.pictures: list[str] = []
        """Texts of messages with one."""
        self.failures: list[FaultlineError] = []
        self.closed_chats: set[str] = set()

    async def send(self, address: str, message: Rendered, reply_to: str | None = None) -> str:
        self._fail(address)
        self.sent.append((address, message.text))
        self.pictures += [message.text] if message.photo else []
        return str(len(self.sent))

    async def edit(self, address: str, reference: str, message: Rendered) -> None:
        self._fail(address)
        if not 0 < int(reference) <= len(self.sent) or self.sent[int(reference) - 1][0] != address:
            raise Undeliverable("no such message")
        self.sent[int(reference) - 1] = (address, message.text)

    def _fail(self, address: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if address in self.closed_chats:
            raise Undeliverable("blocked")
