"""Alerts on a terminal, for when there is no chat."""

from typing import TextIO

from core.ports.chat import Rendered


class Console:
    """core.ports.chat.Notifier that writes to a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    async def send(self, address: str, message: Rendered, reply_to: str | None = None) -> str:
        """Write the message after an empty line; all of them have the same reference."""
        self._write(message)
        return "printed"

    async def edit(self, address: str, reference: str, message: Rendered) -> None:
        """Write it anew: what was printed stays printed."""
        self._write(message)

    def _write(self, message: Rendered) -> None:
        self._stream.write(f"\n{message.text}\n")
        self._stream.flush()
