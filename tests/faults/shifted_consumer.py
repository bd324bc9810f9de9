"""The consumer with a clock that is wrong: `python -m tests.faults.shifted_consumer NAME FILE`.

FILE holds by how many seconds; it is read each time that somebody asks for the time, so that the clock may jump.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.commands.consumer import consume
from app.log import set_up_logging
from app.settings import read_settings
from app.signals import set_on_signal


def main(shift: Path) -> None:
    settings = read_settings(os.environ)
    set_up_logging(settings.log_format, settings.log_level, settings.secrets())

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(shift.read_text(encoding="utf-8")))

    consume(settings, set_on_signal(), now)


if __name__ == "__main__":
    main(Path(sys.argv[2]))
