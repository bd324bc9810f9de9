"""`./run trainer` that goes no further than one step until it is killed: `python -m tests.faults.waiting_trainer`.

The environment's WAIT_AT names the step. That it is there, its log says.
"""

import logging
import os
import signal
from typing import Any, NoReturn

import app.commands.trainer as command
from app.cli import run
from db.model_versions import PostgresNumbering
from db.promotion_log import PostgresPromotionLog

STEPS = ("taken", "in the bucket", "recorded", "promoted")
_log = logging.getLogger(__name__)


def main(step: str) -> None:
    promote = PostgresPromotionLog.promote

    def here(*_: Any, **__: Any) -> NoReturn:
        _log.warning("waits at: %s", step)
        while True:
            signal.pause()

    def after_promoting(*arguments: Any, **names: Any) -> NoReturn:
        promote(*arguments, **names)
        here()

    match step:
        case "taken":
            command.retrain = here  # type: ignore[attr-defined]
        case "in the bucket":  # and no row names it yet
            PostgresNumbering.record = here  # type: ignore[method-assign]  # that is what this file is for
        case "recorded":
            PostgresPromotionLog.promote = here  # type: ignore[method-assign]
        case "promoted":
            PostgresPromotionLog.promote = after_promoting  # type: ignore[method-assign]
        case _:
            raise ValueError(step)
    run()


if __name__ == "__main__":
    main(os.environ["WAIT_AT"])
