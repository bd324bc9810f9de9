"""core.ports.notices.Notices of which each comes when the test says so."""

import threading


class RungByHand:
    """Nothing happens until `notify`."""

    def __init__(self) -> None:
        self._come = threading.Event()

    def notify(self) -> None:
        self._come.set()

    def wait(self, seconds: float) -> bool:
        came = self._come.wait(seconds)
        self._come.clear()
        return came
