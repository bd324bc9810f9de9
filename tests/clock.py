"""A clock that a test sets."""


class Clock:
    """Stands still until a test moves it: seconds from anywhere."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """What time it is."""
        return self.now
