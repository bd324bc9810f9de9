"""The Helm chart, rendered by Helm and held against Kubernetes' own schemas."""

import json
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
APART = ("--set", "networkPolicies.enabled=true")
TIMED = ("--values", str(ROOT / "deploy" / "schedule" / "kubernetes.yaml"))
NETWORKS = {9093: "log", 5432: "database", 9000: "store"}
"""Of docker-compose.yml, by the port at which the tests say that the server is."""
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
        (*APART, *TIMED, "--set", "settings.TELEGRAM_WEBHOOK_URL=https://plant.example.com/hook"),
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
    manifests = rendered(*TIMED)
    jobs = of_kind("CronJob", manifests)
    assert jobs.keys() == {"retention", "rehearsal"}
    for name, secret in (("retention", "faultline-init"), ("rehearsal", "faultline-trainer")):
        timed = jobs[name]
        kubernetes_validate.validate(timed, KUBERNETES[-1], strict=True)
        assert timed["spec"]["concurrencyPolicy"] == "Forbid", name
        pod = timed["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume] == [secret]
        assert pod["containers"][0]["args"][0] in COMMANDS


def policies(*arguments: str) -> Mapping[str, Any]:
    """Pod → who may reach it, and whom it may reach."""
    manifests = rendered(*APART, *TIMED, "--set", "networkPolicies.to.s3.ports={9000}", *arguments)
    return {name: one["spec"] for name, one in of_kind("NetworkPolicy", manifests).items()}


def ports(policy: Any) -> set[int]:
    return {port["port"] for way in policy["egress"] for port in way["ports"]}


def test_without_asking_for_them_there_are_no_network_policies() -> None:
    assert of_kind("NetworkPolicy", rendered()) == {}


def test_each_pod_reaches_the_servers_that_its_container_reaches_under_compose_and_names_alone() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    found = policies()
    assert found.keys() == {*PROCESSES, "init", "retention", "rehearsal"}
    for name, process in {
        **{name: name for name in (*PROCESSES, "init")},
        "retention": "init",
        "rehearsal": "trainer",
    }.items():
        reached = {NETWORKS[port] for port in ports(found[name]) & NETWORKS.keys()}
        assert reached == {*services[process]["networks"]} & {*NETWORKS.values()}, name
        outside = {443} if process in ("consumer", "alerts") else set()
        assert ports(found[name]) - NETWORKS.keys() == {53} | outside, name


def test_each_network_policy_is_of_the_pods_of_one_process_and_closes_both_ways() -> None:
    manifests = rendered(*APART)
    deployments = of_kind("Deployment", manifests)
    for name, policy in of_kind("NetworkPolicy", manifests).items():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        if name != "init":
            labels = deployments[name]["spec"]["template"]["metadata"]["labels"]
            assert policy["spec"]["podSelector"]["matchLabels"] == labels


def test_who_may_reach_page_http_api_webhook_and_metrics_is_said_by_values() -> None:
    ingress = '[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ingress"}}}]'
    peers = json.loads(ingress)
    (prometheus,) = policies()["trainer"]["ingress"]
    assert prometheus["ports"] == [{"protocol": "TCP", "port": 9100}]
    assert prometheus["from"][0]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "prometheus"}
    only = [f"networkPolicies.from.{name}={ingress}" for name in ("page", "api", "webhook")]
    given = [argument for one in only for argument in ("--set-json", one)]
    found = policies(*given, "--set", "processes.alerts.settings.TELEGRAM_WEBHOOK_URL=https://plant.example.com/hook")
    for name, port in (("page", 8000), ("api", 8080), ("alerts", 8001)):
        assert {"from": peers, "ports": [{"protocol": "TCP", "port": port}]} in found[name]["ingress"], name
    assert [name for name, policy in found.items() if not policy["ingress"]] == ["init", "rehearsal", "retention"]


def test_a_server_that_is_named_is_the_only_one_that_is_reached_at_its_port() -> None:
    peers = [{"ipBlock": {"cidr": "10.0.0.7/32"}}]
    for policy in policies("--set-json", f"networkPolicies.to.postgres.peers={json.dumps(peers)}").values():
        for way in policy["egress"]:
            assert (way["to"] == peers) == (way["ports"] == [{"protocol": "TCP", "port": 5432}])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--set", "settings.KAFKA_BOOTSTRAP_SERVERS="), "KAFKA_BOOTSTRAP_SERVERS"),
        (("--set", "settings.DATABASE_URL=postgresql://a:b@c/d"), "DATABASE_URL"),
        (("--set", "processes.alerts.settings.TELEGRAM_BOT_TOKEN=1"), "TELEGRAM_BOT_TOKEN"),
        (("--set", "procesess.alerts.replicas=2"), "procesess"),
        (("--set", "processes.cosumer.replicas=2"), "cosumer"),
        (("--set", "scaling.lag=0"), "lag"),
        (("--set", "networkPolicies.to.postgress.ports={5432}"), "postgress"),
        (("--set", "networkPolicies.to.postgres.ports={0}"), "ports"),
        (("--set-json", 'schedule={"often":{"cron":"hourly","process":"trainer","arguments":["status"]}}'), "cron"),
    ],
)
def test_what_is_missing_misspelt_or_a_secret_is_refused_by_name(given: tuple[str, str], told: str) -> None:
    done = helm("template", "plant", str(CHART), "--kube-version", KUBERNETES[-1], *BROKER, *given)
    assert done.returncode != 0
    assert told in done.stderr
