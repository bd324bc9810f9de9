"""Prometheus' rules: each knows the metrics that we serve, and what a person is to do."""

import re
from typing import Any

import pytest
import yaml

from app.telemetry.names import METRICS
from app.wiring import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"] for rule in group["rules"]
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_metrics_and_labels_that_we_serve(rule: dict[str, Any]) -> None:
    served = {metric.name: {*metric.labels, "job", "instance"} for metric in METRICS}
    asked = re.findall(r"(faultline_\w+)(?:\{([^}]*)\})?", rule["expr"])
    assert asked
    for name, matchers in asked:
        assert name in served
        assert set(re.findall(r"(\w+)!?=", matchers)) <= served[name], rule["expr"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_leads_to_the_lines_that_say_what_to_do(rule: dict[str, Any]) -> None:
    document, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^### (\w+)\n\n(Page|Ticket)\. \S", (ROOT / document).read_text(), re.MULTILINE)
    assert (rule["alert"], rule["labels"]["severity"].capitalize()) in headings
    assert anchor == rule["alert"].lower()


def test_every_rule_has_a_test_that_makes_it_ring() -> None:
    text = (FOLDER / "rules.test.yml").read_text()
    assert {rule["alert"] for rule in RULES} == set(re.findall(r'alertname="(\w+)"', text))


def test_prometheus_looks_for_every_process_of_ours() -> None:
    jobs = {job["job_name"] for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]}
    assert {metric.process for metric in METRICS} - {"each"} <= jobs
