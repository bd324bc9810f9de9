"""Grafana's dashboards ask for what there is, and say what a person is to do."""

import re
from typing import Any

import pytest
import yaml

from app.telemetry.names import METRICS
from app.wiring import ROOT
from tests.dashboards import FOLDER, POSTGRES, PROMETHEUS, asked, dashboards

BOARDS = dashboards()
PANELS = [
    pytest.param(panel, id=f"{board['title']}: {panel['title']}") for board in BOARDS for panel in board["panels"]
]
SOURCES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "provisioning/datasources/faultline.yml").read_text())[
    "datasources"
]
OTHERS = {"process_resident_memory_bytes", "ALERTS"}
"""Of the library, and Prometheus' own."""


def test_there_are_four_each_under_a_name_of_its_own() -> None:
    assert [board["title"] for board in BOARDS] == ["Alerts and answers", "Machines", "Models and drift", "Stream"]
    assert len({board["uid"] for board in BOARDS}) == len(BOARDS)
    for board in BOARDS:
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_has_a_title_a_unit_and_words_that_say_what_to_do(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert re.search(r"[.?:;] ", panel["description"]), "what it shows, and what to do"
    assert panel["description"].endswith((".", "?"))


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_lies_within_the_grid_and_on_no_other(panel: dict[str, Any]) -> None:
    (board,) = (board for board in BOARDS if panel in board["panels"])
    place = panel["gridPos"]
    assert place["x"] + place["w"] <= 24
    for other in board["panels"]:
        theirs = other["gridPos"]
        apart = (
            place["x"] + place["w"] <= theirs["x"]
            or theirs["x"] + theirs["w"] <= place["x"]
            or place["y"] + place["h"] <= theirs["y"]
            or theirs["y"] + theirs["h"] <= place["y"]
        )
        assert other is panel or apart, other["title"]


def test_every_metric_that_is_asked_for_is_served_with_its_labels() -> None:
    served = {metric.name: {*metric.labels, "job", "instance"} for metric in METRICS}
    served |= {f"{metric.name}_bucket": {*metric.labels, "le"} for metric in METRICS if metric.kind == "histogram"}
    for question in asked():
        if question.source != PROMETHEUS:
            continue
        names = set(re.findall(r"\b(faultline_\w+|process_\w+|ALERTS)\b", question.query))
        assert names, question
        assert names <= {*served, *OTHERS}, question
        labels = {
            label for group in re.findall(r"(?:by|on) \(([^)]*)\)", question.query) for label in group.split(", ")
        }
        assert labels <= set().union(*(served.get(name, {"job", "instance"}) for name in names)), question


def test_every_metric_about_which_somebody_can_do_something_is_on_a_dashboard() -> None:
    shown = {
        name.removesuffix("_bucket") for question in asked() for name in re.findall(r"faultline_\w+", question.query)
    }
    left_out = {
        "faultline_partition_halted",  # the database knows it for all partitions
        "faultline_incidents_total",  # the alerts' are shown, and the open ones
        "faultline_database_up",  # a rule rings for it
        "faultline_produced_total",
        "faultline_confirmed_total",
        "faultline_refused_total",  # the producer stands for machines
    }
    assert {metric.name for metric in METRICS} - shown == left_out


def test_data_sources_are_those_that_panels_name_and_hold_no_secret() -> None:
    assert {source["uid"] for source in SOURCES} == {PROMETHEUS, POSTGRES} == {question.source for question in asked()}
    secrets = [source.get("secureJsonData", {}) for source in SOURCES]
    assert secrets == [{}, {"password": "$__file{/run/secrets/faultline/database_password}"}]


def test_grafana_reads_the_folders_that_compose_mounts() -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    mounted = {target: source for source, target, *_ in (place.split(":") for place in service["volumes"])}
    (provider,) = yaml.safe_load((FOLDER / "provisioning/dashboards/faultline.yml").read_text())["providers"]
    assert mounted[provider["options"]["path"]] == "./deploy/grafana/dashboards"
    assert mounted["/etc/grafana/provisioning"] == "./deploy/grafana/provisioning"
