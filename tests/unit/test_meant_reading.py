from uuid import UUID

import pytest
from click.testing import CliRunner

from app.cli import main
from core.batch import Position
from core.errors import UserError
from core.meant_reading import Meant, OfAlert, OfIncident, read_meant

ID = "0195b0a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3", OfAlert(3)),
        ("#3", OfAlert(3)),
        ("incident:3", OfIncident(3)),
        (ID, UUID(ID)),
        ("readings.press/2/1234", Position("readings.press", 2, 1234)),
    ],
)
def test_a_reading_is_named_in_one_of_four_ways(written: str, meant: Meant) -> None:
    assert read_meant(written) == meant


@pytest.mark.parametrize("written", ["", "-1", "3.5", "²", "incident:", "alert:3", "readings.press/2/x", ID[:-1]])
def test_what_names_no_reading_shows_the_ways(written: str) -> None:
    with pytest.raises(UserError, match="TOPIC/PARTITION/OFFSET"):
        read_meant(written)


@pytest.mark.parametrize("written", ["0", "incident:0", f"t/{2**31}/0", f"t/0/{2**63}"])
def test_a_reading_that_no_server_could_hold_exits_with_2(written: str) -> None:
    result = CliRunner().invoke(main, ["explain", written])
    assert result.exit_code == 2
    assert "is not in the range" in result.output
