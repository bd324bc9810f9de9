"""Errors named for what the caller must do."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.prediction import ModelVersion


class FaultlineError(Exception):
    """The root of every error of ours."""


class UserError(FaultlineError):
    """Tell the person this one line (it names the thing and the remedy) and exit with 2; nothing was lost."""


class InvalidReading(FaultlineError):
    """Never retry this message: keep it as a dead letter with this reason."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage
        self.reason = reason


class Unavailable(FaultlineError):
    """A server did not answer: keep the offset, back off, try again."""


class Fenced(FaultlineError):
    """Somebody else owns this partition now: roll back and ask the group again."""


class Halted(FaultlineError):
    """Going on would lose or double readings: stop, raise an alarm, wait for a person."""


class ModelRefused(FaultlineError):
    """Do not use this model version; the last good one serves on."""


class ModelFailed(FaultlineError):
    """Take the version out of service: it cannot score; the readings wait in Kafka until another one serves."""

    def __init__(self, version: "ModelVersion", reason: str) -> None:
        super().__init__(f"{version} {reason}; back to the version before: ./run models rollback {version.machine}")
        self.version = version


class NotSent(FaultlineError):
    """The message surely did not arrive: send again, after `retry_after` seconds where the service asked for it."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class SendUnclear(FaultlineError):
    """The message may have arrived: send it again a few times, marked as a possible repeat."""


class Undeliverable(FaultlineError):
    """The service will never take this message: report it as dead."""


class ChatMoved(FaultlineError):
    """The chat has a new address: use that one from now on."""

    def __init__(self, chat: str) -> None:
        super().__init__(f"the chat moved to {chat}")
        self.chat = chat


class Unauthorised(FaultlineError):
    """Our credentials were rejected: stop and tell the administrator."""
