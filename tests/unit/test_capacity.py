"""What docs/operations.md says of capacity was measured."""

import json
import re

from app.wiring import ROOT


def test_each_figure_of_the_table_is_the_one_in_the_bench_results() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .+ \| ([\d.,]+) \| `(\w+\.json)` (\S+) \|$", text, re.MULTILINE)
    assert len(rows) >= 7
    for shown, file, place in rows:
        found = json.loads((ROOT / "bench" / "results" / file).read_bytes())
        assert found["quick"] is False, file
        for step in place.split("."):
            found = found[int(step)] if isinstance(found, list) else found[step]
        digits = len(shown.partition(".")[2])
        assert f"{found:,.{digits}f}" == shown, (file, place)
