"""The dashboards as Grafana is given them: their panels, and what each asks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.wiring import ROOT

FOLDER = ROOT / "deploy" / "grafana"
PROMETHEUS, POSTGRES = "prometheus", "postgres"
"""The data sources by their uid."""


class Asked(NamedTuple):
    """A question that a dashboard asks."""

    dashboard: str
    panel: str
    """Its title; of a variable or an annotation its name."""
    source: str
    query: str


def dashboards() -> Sequence[Mapping[str, Any]]:
    """All of them, by name."""
    files = sorted((FOLDER / "dashboards").glob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in files]


def asked() -> Sequence[Asked]:
    """Everything that all of them ask."""
    return [question for board in dashboards() for question in _of(board)]


def _of(board: Mapping[str, Any]) -> Iterator[Asked]:
    title = board["title"]
    for panel in board["panels"]:
        for target in panel["targets"]:
            query = target["expr"] if "expr" in target else target["rawSql"]
            yield Asked(title, panel["title"], target["datasource"]["uid"], query)
    for variable in board["templating"]["list"]:
        yield Asked(title, variable["name"], variable["datasource"]["uid"], variable["query"])
    for annotation in board["annotations"]["list"]:
        yield Asked(title, annotation["name"], annotation["datasource"]["uid"], annotation["target"]["rawSql"])


def as_sql(query: str, machine: str, device: str) -> str:
    """What Grafana makes of a query for Postgres, with these chosen; its times are the parameters `since`, `until`."""
    made = query.replace("${machine:sqlstring}", f"'{machine}'").replace("${device:sqlstring}", f"'{device}'")
    while "$__timeFilter(" in made:
        before, _, rest = made.partition("$__timeFilter(")
        column, _, after = rest.partition(")")
        made = f"{before}{column} BETWEEN :since AND :until{after}"
    made = made.replace("$__timeFrom()", ":since").replace("$__timeTo()", ":until")
    assert "$" not in made, f"Grafana's macro or variable is not known here: {made}"
    return made


def as_promql(query: str) -> str:
    """What Grafana makes of a query for Prometheus, which is asked every ten seconds."""
    return query.replace("$__rate_interval", "1m")
