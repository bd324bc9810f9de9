"""The end of a process whose model hangs: nothing else frees its partitions."""

import logging
import os
from collections.abc import Callable
from typing import NoReturn

from consumer.deadline import TookTooLong, within
from core.errors import Unavailable
from core.ports.models import PromotionLog
from core.prediction import ModelVersion

EXIT_CODE = 70
_RECORD_S = 15.0
_log = logging.getLogger(__name__)


def end_hung(promotions: PromotionLog, limit: float) -> Callable[[ModelVersion], NoReturn]:
    """Says which version hangs and what helps, records it so that no process loads it again, and ends this one."""

    def end(version: ModelVersion) -> NoReturn:
        reason = (
            f"it hangs: readings were not scored within {limit:g} s (MODEL_TIMEOUT_S);"
            f" back to the version before: ./run models rollback {version.machine}"
        )
        _log.critical("%s: %s; this process ends, so that its partitions go elsewhere", version, reason)
        try:
            within(_RECORD_S, lambda: promotions.record_load(version.machine, version, "withdrawn", reason))
        except (Unavailable, TookTooLong) as error:
            _log.warning("could not record that %s hangs: %s", version, error)
        os._exit(EXIT_CODE)  # the main thread is inside the model and hears nothing

    return end
