"""A bare `docker compose up -d --wait` from a clean clone gives the whole loop, safely."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.secret_files import PASSWORDS
from tests.compose.installation import Installation
from tests.processes import wait_until

pytestmark = [pytest.mark.compose, pytest.mark.timeout(480)]

ANN = 4711
OURS = ("producer", "consumer", "alerts", "page", "api", "trainer")
SERVERS = ("kafka", "postgres", "object-store", "prometheus", "grafana")
STAND_INS = ("telegram", "mailbox")
READINGS = "SELECT count(*) FROM reading"
LOADED = "SELECT count(*) = 1 FROM model_load WHERE number = 2 AND outcome = 'loaded' AND process LIKE 'consumer@%'"
SCORED = (
    "SELECT r.sensors, r.score, r.model_version, m.sensors AS names FROM reading r, machine m, champion c"
    " WHERE m.name = 'equipment' AND c.machine = m.id AND r.model_version = c.number AND r.score <> 'NaN' LIMIT 1"
)
EVERY_MESSAGE_IS_ACCOUNTED_FOR = (
    "SELECT bool_and(stored + duplicates + dead_letters + gaps = next_offset - first_offset) AND sum(gaps) = 0"
    " AND sum(stored) = (SELECT count(*) FROM reading) FROM ingest_partition"
)


def test_everything_is_healthy_within_three_minutes(installation: Installation) -> None:
    assert installation.healthy_after_s < 180


def test_readings_are_scored_and_stored_from_the_start(installation: Installation) -> None:
    installation.wait_for(
        "SELECT count(*) > 100 FROM reading WHERE score <> 'NaN' AND model_version = 1", "stored", 180
    )
    for service in ("consumer", "alerts", "trainer"):
        status = json.loads(installation.faultline(service, "status", "--json"))
        assert status["machines"]["equipment"]["champion"] == 1


def test_an_answered_alert_teaches_a_model_that_the_consumer_then_loads(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    began, chats = time.monotonic(), installation.chats
    installation.faultline("alerts", "operators", "add", "ann", "--telegram-id", str(ANN))
    installation.faultline("producer", "producer", "--seed", "7", "--fault-rate", "0.3", "--count", "3000")
    wait_until(lambda: len(chats.messages(ANN)) > 0, "an alert on Ann's phone", 60, pause=0.5)
    alert = chats.messages(ANN)[0]
    assert "needs attention" in alert["text"]

    chats.say(ANN, "n", reply_to=alert["message_id"])
    installation.wait_for("SELECT count(*) = 1 FROM label WHERE verdict = 'false_alarm'", "Ann's answer is a label")
    other = installation.one("SELECT max(id) FROM alert WHERE id NOT IN (SELECT alert FROM label)")
    assert f"alert #{other}" in installation.faultline("alerts", "reply", other, "n", "--as", "console")

    report = json.loads(installation.faultline("trainer", "retrain", "equipment", "--json"))
    assert (report["state"], report["version"]) == ("promoted", 2), report
    installation.wait_for(LOADED, "loaded")
    installation.wait_for("SELECT count(*) > 0 FROM reading WHERE model_version = 2", "the new model scores")
    took = time.monotonic() - began
    with capsys.disabled():
        print(f" [{took:.0f} s] ", end="")
    assert took < 120


def test_a_program_with_a_key_has_a_reading_scored_as_the_consumer_scored_it(installation: Installation) -> None:
    add = ("api-keys", "add", "line-1", "--operator", "console", "--scope", "predict")
    key = installation.faultline("alerts", *add).strip()
    (stored,) = installation.rows(SCORED)
    sent = {"sensors": dict(zip(stored.names, stored.sensors, strict=True))}
    with httpx.Client(base_url=installation.api, timeout=30) as program:
        path = "/api/v1/machines/equipment/predict"
        assert program.post(path, json=sent).status_code == 401

        def answered() -> dict[str, Any]:
            answer = program.post(path, json=sent, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        wait_until(lambda: answered()["model_version"] == stored.model_version, "it has the champion too", 30, 0.5)
        assert answered()["verdict"]["probability"] == stored.score


def test_down_and_up_again_loses_nothing(installation: Installation) -> None:
    kept = (
        "SELECT (SELECT count(*) FROM label), (SELECT array_agg(id ORDER BY id) FROM promotion),"
        " (SELECT array_agg(model_version_id ORDER BY number) FROM model_version), (SELECT count(*) FROM operator),"
        " (SELECT array_agg(kafka_topic_id ORDER BY topic, kafka_partition) FROM ingest_partition)"
    )
    installation.compose("stop", "producer")
    installation.wait_for("SELECT max(updated_at) < now() - interval '2 seconds' FROM ingest_partition", "all is read")
    before, readings = installation.one(kept), int(installation.one(READINGS))

    installation.down()
    installation.up()

    assert installation.one(kept) == before
    wait_until(lambda: int(installation.one(READINGS)) > readings, "consumption goes on", 60, pause=0.5)
    assert installation.one(EVERY_MESSAGE_IS_ACCOUNTED_FOR) == "t"
    for version in ("1", "2"):
        assert f"equipment v{version} is good" in installation.faultline(
            "trainer", "models", "verify", "equipment", version
        )


def test_an_operator_is_let_in_to_the_page_and_sees_devices_and_alerts(installation: Installation) -> None:
    with httpx.Client(headers={"Origin": installation.page}, timeout=30) as browser:
        link = installation.faultline("alerts", "operators", "link", "console").strip()
        assert link.startswith(installation.page)
        assert browser.post(link).status_code == 303
        assert "equipment-" in browser.get(f"{installation.page}/ui/devices").text
        alert = installation.one(
            "SELECT max(a.id) FROM alert a JOIN incident i ON i.id = a.incident WHERE i.kind = 'fault'"
        )
        assert "needs attention" in browser.get(f"{installation.page}/ui/alerts/{alert}").text


def test_prometheus_reaches_every_process_and_its_rules_ring_for_their_troubles(
    installation: Installation,
) -> None:
    # A Prometheus that was stopped still says for five minutes what was up then, at other addresses.
    up = 'count by (job) (timestamp(up{job!="prometheus"}) > time() - 25 and up == 1)'
    wait_until(lambda: installation.prometheus(up) == dict.fromkeys(OURS, 1), "every target is up", 60, pause=1)
    stored = "sum by (job) (faultline_readings_total) > 100"
    wait_until(lambda: "consumer" in installation.prometheus(stored), "readings are counted", 60, pause=1)
    assert installation.prometheus("max by (job) (faultline_database_up)") == {"page": 1}
    tested = installation.inside("prometheus", "cd /etc/prometheus && promtool test rules rules.test.yml 2>&1")
    assert "SUCCESS" in tested, tested


def test_containers_are_nobody_can_write_nothing_and_publish_page_api_and_grafana_alone_to_this_machine_alone(
    installation: Installation,
) -> None:
    containers = installation.inspect()
    for service in (*OURS, *SERVERS):
        assert installation.inside(service, "id -u").strip() != "0", service
        tried = installation.inside(service, "touch /written 2>&1 || echo refused")
        assert "refused" in tried, service
        assert containers[service]["HostConfig"]["ReadonlyRootfs"], service
        assert containers[service]["HostConfig"]["Memory"] > 0, service
        assert containers[service]["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped", service
    for service in ("consumer", "alerts", "api", "trainer"):
        assert "written" in installation.inside(service, "touch /data/it && echo written"), "models are kept there"
    ports = {"page": installation.page_port, "api": installation.api_port, "grafana": 3000}
    published = {service: {f"{port}/tcp": ["127.0.0.1"]} for service, port in ports.items()}
    for service, container in containers.items():
        if service in STAND_INS:
            continue
        assert container["Config"]["User"] not in ("", "0", "root"), service
        assert container["HostConfig"]["CapDrop"] == ["ALL"], service
        assert container["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"], service
        bindings = container["HostConfig"]["PortBindings"] or {}
        addresses = {port: [one["HostIp"] for one in places] for port, places in bindings.items()}
        assert addresses == published.get(service, {}), service


def test_the_one_that_makes_the_secrets_finds_nothing_to_write_but_its_volumes(installation: Installation) -> None:
    tried = "touch /written || echo refused;"
    tried += " find / -xdev -writable -not -type l -printf '%D %p\\n' 2>/dev/null | grep \"^$(stat -c %d /) \""
    told = installation.compose(
        "run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "sh", "secrets", "-c", tried, check=False
    )
    assert told.stdout.split() == ["refused"]


@pytest.mark.parametrize(
    ("service", "reached"),
    [
        ("producer", "kafka"),
        ("consumer", "kafka postgres object-store"),
        ("page", "postgres"),
        ("api", "postgres object-store"),
        ("trainer", "kafka postgres object-store"),
    ],
)
def test_a_server_is_reached_by_those_who_need_it_and_by_no_other(
    installation: Installation, service: str, reached: str
) -> None:
    tried = "for at in kafka:9092 postgres:5432 object-store:9000; do"
    tried += (
        ' timeout 3 bash -c "true 2>/dev/null </dev/tcp/${at%:*}/${at#*:}" 2>/dev/null && echo ${at%:*}; done; true'
    )
    assert installation.inside(service, tried).split() == reached.split()


def test_prometheus_reaches_no_server_and_no_server_leads_outside(installation: Installation) -> None:
    of = {service: set(one["NetworkSettings"]["Networks"]) for service, one in installation.inspect().items()}
    name = f"{installation.project}_{{}}".format
    assert of["prometheus"] == {name("monitoring")}
    assert (of["kafka"], of["postgres"], of["object-store"]) == ({name("log")}, {name("database")}, {name("store")})
    internal = installation.networks()
    assert [network for network, is_internal in internal.items() if not is_internal] == [name("default")]


def test_each_container_holds_only_the_secrets_that_it_needs(installation: Installation) -> None:
    held = {service: installation.inside(service, "ls /run/secrets/faultline").split() for service in OURS[1:]}
    s3 = ["aws_access_key_id", "aws_secret_access_key", "database_url"]
    assert held["alerts"] == [*s3, "engineer_urls", "notify_urls", "telegram_bot_token", "trusted_keys"]
    assert held["consumer"] == [*s3, "engineer_urls", "trusted_keys"]
    assert held["api"] == [*s3, "trusted_keys"]
    assert held["page"] == ["database_url", "prometheus_token"]
    assert installation.inside("prometheus", "ls /run/secrets/faultline").split() == ["prometheus_token"]
    assert installation.inside("grafana", "ls /run/secrets/faultline").split() == [
        "admin_password",
        "database_password",
        "secret_key",
    ]
    assert held["trainer"] == [*s3, "signing_key", "trusted_keys"]
    assert not installation.inside("producer", "ls /run/secrets 2>/dev/null || true")


@pytest.mark.parametrize(
    ("service", "may"),
    [("consumer", ["read"]), ("alerts", ["read"]), ("api", ["read"]), ("trainer", ["read", "write"])],
)
def test_nobody_may_delete_a_model_version_or_change_the_bucket_and_the_trainer_alone_may_add_to_it(
    installation: Installation, service: str, may: list[str]
) -> None:
    attempts = (Path(__file__).parent / "object_store_rights.py").read_text(encoding="utf-8")
    assert installation.python(service, attempts).splitlines() == may


def test_no_secret_is_in_a_log_in_an_environment_or_in_what_docker_tells_of_container_and_image(
    installation: Installation,
) -> None:
    told = installation.logs() + json.dumps(installation.inspect()) + installation.history()
    for service in OURS:
        told += installation.inside(service, "cat /proc/1/environ | tr '\\0' ' '")
    secrets = installation.secrets()
    assert len(secrets) == len(PASSWORDS) + 2, "and a signing key, a token"
    assert [secret for secret in secrets if secret in told] == []
