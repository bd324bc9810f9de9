"""The buttons under an alert: callback data that nobody else can make."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple

from core.ports.chat import Button
from core.reply import UNDO, WHICH

_ROWS = (
    (("✅ Real fault", "y"), ("❌ False alarm", "n")),
    (("🔧 Maintenance", "maintenance"), ("📟 Sensor fault", "sensor fault")),
    (("❓ Not sure", "not sure"),),
)
_MAC_BYTES = 12  # 96 bits: enough against guessing over a network, and short: all of it must fit into 64 bytes


_OF_A_QUESTION = (
    (("✅ Fault", "y"), ("❌ No fault", "n")),
    *_ROWS[1:],
)


class Press(NamedTuple):
    """What a button stands for."""

    alert: int
    answer: str
    """As if the person had written it: `y`, `not sure`, `/undo`."""
    takes_back: int | None = None
    """The label that the undo means."""
    is_question: bool = False
    """Its number is that of a question, not of an alert."""


class Buttons:
    """Makes and reads callback data, signed with a key derived from the bot's token."""

    def __init__(self, token: str) -> None:
        self._key = hmac.digest(token.encode(), b"faultline callback data, version 1", hashlib.sha256)

    def of(
        self, alert: int, label: int | None = None, defects: Sequence[str] = (), *, more: bool = False
    ) -> Sequence[Sequence[Button]]:
        """The rows of buttons of an alert; with one that takes back the label, where it is answered.

        One for each of the defects, and where there are `more` one that shows them all.
        """
        first, *others = _ROWS
        which = [(f"🔎 {defect}", defect) for defect in defects] + ([("🔎 Another…", WHICH)] if more else [])
        of_defects = [which[place : place + 2] for place in range(0, len(which), 2)]
        rows = [
            [Button(words, self._data(f"{alert}:{answer}")) for words, answer in row]
            for row in (first, *of_defects, *others)
        ]
        return rows if label is None else [*rows, [Button("↩ Undo", self._data(f"{alert}:{UNDO}:{label}"))]]

    def of_question(self, question: int, label: int | None = None) -> Sequence[Sequence[Button]]:
        """The rows of buttons of a question; with one that takes back the label, where it is answered."""
        rows = [[Button(words, self._data(f"q{question}:{answer}")) for words, answer in row] for row in _OF_A_QUESTION]
        return rows if label is None else [*rows, [Button("↩ Undo", self._data(f"q{question}:{UNDO}:{label}"))]]

    def of_each(self, alerts: Sequence[int]) -> Sequence[Sequence[Button]]:
        """A row of buttons for each of several alerts, which they name."""
        return [
            [Button(f"✅ #{alert}", self._data(f"{alert}:y")), Button(f"❌ #{alert}", self._data(f"{alert}:n"))]
            for alert in alerts
        ]

    def read(self, data: str) -> Press | None:
        """What the callback data stands for; None: we did not make it."""
        stated, _, mac = data.rpartition(":")
        alert, _, meant = stated.partition(":")
        answer, _, label = meant.partition(":")
        try:
            given = base64.b64decode(mac.encode(), b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError, ValueError):
            return None
        if not hmac.compare_digest(given, self._mac(stated)):
            return None
        number = int(alert.removeprefix("q"))
        return Press(number, answer, int(label) if label else None, is_question=alert.startswith("q"))

    def _data(self, stated: str) -> str:
        return f"{stated}:{base64.urlsafe_b64encode(self._mac(stated)).decode()}"

    def _mac(self, stated: str) -> bytes:
        return hmac.digest(self._key, stated.encode("utf-8", "surrogatepass"), hashlib.sha256)[:_MAC_BYTES]
