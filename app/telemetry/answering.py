"""Whether a server answers, asked in a thread of its own: nobody waits for one that is frozen."""

import threading
from collections.abc import Callable

from core.errors import FaultlineError

_PATIENCE_S = 3.0


class Answering:
    """Asks a server once at a time, however many want to know."""

    def __init__(self, ask: Callable[[], None], patience_s: float = _PATIENCE_S) -> None:
        """`ask` raises where there is no answer."""
        self._ask = ask
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._asking: threading.Thread | None = None
        self._trouble = ""

    def trouble(self) -> str:
        """Why it does not answer, in a line; empty where it does."""
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._asking = threading.Thread(target=self._look, name="answering", daemon=True)
                self._asking.start()
            asking = self._asking
        asking.join(self._patience_s)
        return f"no answer from the database within {self._patience_s:.0f} s" if asking.is_alive() else self._trouble

    def _look(self) -> None:
        try:
            self._ask()
        except FaultlineError as error:
            self._trouble = str(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, this is no answer
            self._trouble = f"the database cannot be asked: {type(error).__name__}"
        else:
            self._trouble = ""
