"""Time comes in as an argument: whoever decides or stores asks no clock."""

import re

from app.wiring import ROOT

ASKS = re.compile(r"datetime\.now|time\.time|utcnow|date\.today")
INNER = ("core", "consumer", "db", "model", "alerts", "producer")


def test_nothing_but_the_wiring_asks_the_wall_clock() -> None:
    files = [file for folder in INNER for file in (ROOT / folder).rglob("*.py")]
    assert {file.relative_to(ROOT).parts[0] for file in files} == {*INNER}
    assert [str(file) for file in files if ASKS.search(file.read_text(encoding="utf-8"))] == []
