"""The driver's errors under our names."""

import psycopg2
import pytest

from core.errors import Unavailable
from db.failures import failures_named


def test_a_server_that_is_shut_down_while_its_words_are_decoded_is_away() -> None:
    with pytest.raises(Unavailable, match="terminating connection"), failures_named():
        raise SystemError("decode returned a result with an exception set") from psycopg2.OperationalError(
            "terminating connection due to administrator command"
        )


def test_an_error_of_our_own_keeps_its_name() -> None:
    with pytest.raises(SystemError), failures_named():
        raise SystemError("something else")
