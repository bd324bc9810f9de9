"""The buttons under an alert: callback data that nobody else can make."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple

from core.ports import Button

_MAC_BYTES = 12  # 96 bits: enough against guessing over a network, and short: all of it must fit into 64 bytes


class Press(NamedTuple):
    """What a button stands for."""

    alert: int
    answer: str
    """As if the person had written it: `y` or `n`."""


class Buttons:
    """Makes and reads callback data, signed with a key derived from the bot's token."""

    def __init__(self, token: str) -> None:
        self._key = hmac.digest(token.encode(), b"faultline callback data, version 1", hashlib.sha256)

    def of(self, alert: int) -> Sequence[Sequence[Button]]:
        """The row of buttons of an alert."""
        return [[Button("✅ Real fault", self._data(alert, "y")), Button("❌ False alarm", self._data(alert, "n"))]]

    def read(self, data: str) -> Press | None:
        """What the callback data stands for; None: we did not make it."""
        stated, _, mac = data.rpartition(":")
        alert, _, answer = stated.partition(":")
        try:
            given = base64.b64decode(mac.encode(), b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError, ValueError):
            return None
        if not hmac.compare_digest(given, self._mac(stated)):
            return None
        return Press(int(alert), answer)

    def _data(self, alert: int, answer: str) -> str:
        stated = f"{alert}:{answer}"
        return f"{stated}:{base64.urlsafe_b64encode(self._mac(stated)).decode()}"

    def _mac(self, stated: str) -> bytes:
        return hmac.digest(self._key, stated.encode("utf-8", "surrogatepass"), hashlib.sha256)[:_MAC_BYTES]
