"""The Helm chart, rendered by Helm and held against Kubernetes' own schemas."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import kubernetes_validate
import pytest
import yaml

from app.cli import COMMANDS
from app.settings import described
from app.wiring import ROOT

pytestmark = pytest.mark.helm

CHART = ROOT / "deploy" / "helm" / "faultline"
BROKER = ("--set", "settings.KAFKA_BOOTSTRAP_SERVERS=broker-1.example.com:9093")
KUBERNETES = ("1.29.0", kubernetes_validate.latest_version())
PROCESSES = {"producer", "consumer", "alerts", "page", "api", "trainer"}
Manifest = Mapping[str, Any]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    tool = shutil.which(os.environ.get("HELM", "helm"))
    assert tool, "Helm is missing: install it, or name it with HELM=/path/to/helm"
    return subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=60, check=False)


def rendered(*arguments: str, kubernetes: str = KUBERNETES[-1]) -> Sequence[Manifest]:
    done = helm("template", "plant", str(CHART), "--kube-version", kubernetes, *BROKER, *arguments)
    assert done.returncode == 0, done.stderr
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def of_kind(kind: str, manifests: Sequence[Manifest]) -> Mapping[str, Manifest]:
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in manifests if one["kind"] == kind}


def pods(manifests: Sequence[Manifest]) -> Mapping[str, Any]:
    """Process → its pod."""
    found = {**of_kind("Deployment", manifests), **of_kind("Job", manifests)}
    return {name: one["spec"]["template"]["spec"] for name, one in found.items()}


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--set", "scaling.enabled=true", "--set", "scaling.authentication=kafka-login"),
        ("--set-file", f"machines.equipment\\.toml={ROOT / 'machines' / 'equipment.toml'}"),
        (
            "--set-json",
            'imagePullSecrets=[{"name":"registry"}]',
            "--set",
            "nodeSelector.disk=ssd",
            "--set",
            "image.tag=v2",
        ),
    ],
)
def test_what_it_renders_to_is_what_kubernetes_takes(kubernetes: str, more: tuple[str, ...]) -> None:
    manifests = rendered(*more, kubernetes=kubernetes)
    assert len(manifests) >= len(PROCESSES) + 2
    for manifest in manifests:
        if not manifest["apiVersion"].startswith("keda.sh/"):  # KEDA's schema is not Kubernetes' own
            kubernetes_validate.validate(manifest, kubernetes, strict=True)


def test_lint_finds_nothing() -> None:
    done = helm("lint", "--strict", str(CHART), *BROKER)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_process_runs_a_command_of_ours_with_settings_that_exist() -> None:
    settings = {name for name, _, _ in described()}
    found = pods(rendered())
    assert found.keys() == {*PROCESSES, "init"}
    for pod in found.values():
        (container,) = pod["containers"]
        assert container["args"][0] in COMMANDS
        names = {one["name"] for one in container["env"]}
        assert {name.removesuffix("_FILE") for name in names} <= settings


def test_every_pod_is_nobody_can_write_nothing_and_sees_its_own_secret_alone() -> None:
    for name, pod in pods(rendered()).items():
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        (container,) = pod["containers"]
        wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert container["securityContext"] == wanted
        secrets = [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume]
        assert secrets == [f"faultline-{name}"]
        assert container["resources"]["limits"]["memory"]


def test_the_signing_key_is_the_trainers_alone() -> None:
    def has_key(pod: Any) -> bool:
        return any(one["name"] == "SIGNING_KEY_FILE" for one in pod["containers"][0]["env"])

    assert [name for name, pod in pods(rendered()).items() if has_key(pod)] == ["trainer"]


def test_every_process_is_asked_whether_it_lives_and_is_ready() -> None:
    for name in PROCESSES:
        (container,) = pods(rendered())[name]["containers"]
        probes = {what: container[f"{what}Probe"]["httpGet"] for what in ("liveness", "readiness", "startup")}
        assert {probe["port"] for probe in probes.values()} == {"metrics"}
        assert [probes[what]["path"] for what in ("liveness", "readiness")] == ["/health/live", "/health/ready"]


def test_page_and_http_api_are_services_that_lead_to_the_port_that_their_process_listens_on() -> None:
    manifests = rendered("--set-string", "processes.api.settings.API_PORT=9090")
    services, deployments = of_kind("Service", manifests), of_kind("Deployment", manifests)
    assert services.keys() == {"page", "api"}
    for name, listens_on in (("page", 8000), ("api", 9090)):
        (port,) = services[name]["spec"]["ports"]
        pod = deployments[name]["spec"]["template"]
        assert services[name]["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        (container,) = pod["spec"]["containers"]
        assert {one["name"]: one["containerPort"] for one in container["ports"]}[port["targetPort"]] == listens_on
        assert {"name": f"{name.upper()}_PORT", "value": str(listens_on)} in container["env"]


def test_consumers_are_scaled_by_lag_or_are_as_many_as_said() -> None:
    assert of_kind("Deployment", rendered())["consumer"]["spec"]["replicas"] == 2
    manifests = rendered("--set", "scaling.enabled=true", "--set", "scaling.topics={readings.press,readings.oven}")
    consumer = of_kind("Deployment", manifests)["consumer"]
    assert "replicas" not in consumer["spec"], "an upgrade would set them back"
    scaled = of_kind("ScaledObject", manifests)["consumer"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == consumer["metadata"]["name"]
    assert [one["metadata"]["topic"] for one in scaled["triggers"]] == ["readings.press", "readings.oven"]
    assert {one["metadata"]["consumerGroup"] for one in scaled["triggers"]} == {"faultline"}


def test_what_runs_by_the_clock_has_the_rights_of_a_process_and_runs_a_command_of_ours() -> None:
    manifests = rendered("--values", str(ROOT / "deploy" / "schedule" / "kubernetes.yaml"))
    jobs = of_kind("CronJob", manifests)
    assert jobs.keys() == {"retention", "rehearsal"}
    for name, secret in (("retention", "faultline-init"), ("rehearsal", "faultline-trainer")):
        timed = jobs[name]
        kubernetes_validate.validate(timed, KUBERNETES[-1], strict=True)
        assert timed["spec"]["concurrencyPolicy"] == "Forbid", name
        pod = timed["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume] == [secret]
        assert pod["containers"][0]["args"][0] in COMMANDS


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--set", "settings.KAFKA_BOOTSTRAP_SERVERS="), "KAFKA_BOOTSTRAP_SERVERS"),
        (("--set", "settings.DATABASE_URL=postgresql://a:b@c/d"), "DATABASE_URL"),
        (("--set", "processes.alerts.settings.TELEGRAM_BOT_TOKEN=1"), "TELEGRAM_BOT_TOKEN"),
        (("--set", "procesess.alerts.replicas=2"), "procesess"),
        (("--set", "processes.cosumer.replicas=2"), "cosumer"),
        (("--set", "scaling.lag=0"), "lag"),
        (("--set-json", 'schedule={"often":{"cron":"hourly","process":"trainer","arguments":["status"]}}'), "cron"),
    ],
)
def test_what_is_missing_misspelt_or_a_secret_is_refused_by_name(given: tuple[str, str], told: str) -> None:
    done = helm("template", "plant", str(CHART), "--kube-version", KUBERNETES[-1], *BROKER, *given)
    assert done.returncode != 0
    assert told in done.stderr
