import re
from pathlib import Path

import pytest

from app.settings import described, read_settings
from app.wiring import ROOT
from core.errors import UserError

ESCAPED = "in a password write @ as %40, / as %2F"


def test_without_an_environment_the_local_stack_is_meant() -> None:
    assert read_settings({}).uses_local_stack


@pytest.mark.parametrize(
    ("name", "server"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "somewhere"),
        ("DATABASE_URL", "postgresql://somewhere"),
        ("S3_ENDPOINT_URL", "somewhere"),
    ],
)
def test_a_named_server_means_that_servers_are_there_already(name: str, server: str) -> None:
    assert not read_settings({name: server}).uses_local_stack


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_PORT", "ninety"),
        ("KAFKA_PORT", "70000"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("LOG_LEVEL", "loud"),
        ("TOPIC_PARTITIONS", "0"),
        ("MODEL_TIMEOUT_S", "inf"),
    ],
)
def test_a_wrong_setting_is_named_with_its_meaning(name: str, value: str) -> None:
    meaning = next(text for setting, _, text in described() if setting == name)
    with pytest.raises(UserError, match=f"{name} is wrong") as caught:
        read_settings({name: value})
    assert meaning in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LOG_LEVEL", "loud", "'loud' is none of DEBUG, ERROR, INFO, WARNING"),
        ("KAFKA_PORT", "ninety", "'ninety' is no whole number from 0 to 65535"),
        ("TOPIC_PARTITIONS", "1.5", "'1.5' is no whole number from 1 to 10000"),
        ("TRACE_EVERY", "0", "'0' is no whole number of at least 1"),
        ("MODEL_TIMEOUT_S", "0", "'0' is no number above 0 and at most 86400"),
        ("COMPAT_WITHOUT_KEY", "perhaps", "'perhaps' is neither true nor false"),
        ("S3_BUCKET", "ab", "it must have at least 3 characters"),
        ("DATABASE_URL", "foo", f"it must begin with postgresql:// and name a server; {ESCAPED}"),
        ("DATABASE_URL", "mysql://secret@here/db", f"it must begin with postgresql:// and name a server; {ESCAPED}"),
        (
            "DATABASE_URL",
            "postgresql://me:secret@7@here/db",
            f"it must begin with postgresql:// and name a server; {ESCAPED}",
        ),
        ("HISTORY_URL", "postgresql://me:secret@[::1/db", f"it must be an address of SQLAlchemy's; {ESCAPED}"),
        ("SCHEMA_REGISTRY_URL", "registry:8081", "it must begin with http:// or https:// and name a server"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "it must begin with http:// or https:// and name a server"),
    ],
)
def test_what_is_right_is_said_of_a_setting_that_is_wrong(name: str, value: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings({name: value})
    meaning = next(text for setting, _, text in described() if setting == name)
    assert str(caught.value) == f"{name} is wrong: {words} ({meaning})"


def refusal(name: str, value: str) -> str:
    try:
        read_settings({name: value})
    except UserError as error:
        return str(error)
    return ""


def test_every_limit_of_a_setting_has_words() -> None:
    tried = [(name, value) for name, _, _ in described() for value in ("-1", "x", "9" * 40)]
    refused = [(name, said) for name, value in tried if (said := refusal(name, value))]
    assert {name for name, _ in refused} >= {"KAFKA_PORT", "LOG_FORMAT", "PROMETHEUS_TOKEN", "SEARCH_SECONDS"}
    assert [said for name, said in refused if not said.startswith(f"{name} is wrong: ")] == []


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:p@here:5432/db", "postgres://here/db", "postgresql+psycopg2://me@/db?host=/run/postgresql", ""],
)
def test_any_address_of_postgres_is_one(url: str) -> None:
    assert read_settings({"DATABASE_URL": url}).database_url == url


def test_a_file_may_hold_the_value(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://me@here/db\n")
    assert read_settings({"DATABASE_URL_FILE": str(tmp_path / "url")}).database_url == "postgresql://me@here/db"


def test_a_file_that_is_absent_is_named() -> None:
    with pytest.raises(UserError, match="DATABASE_URL_FILE: cannot read /nowhere"):
        read_settings({"DATABASE_URL_FILE": "/nowhere"})


def test_the_environment_wins_over_the_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("S3_BUCKET=from-file\nKAFKA_GROUP=from-file\n")
    settings = read_settings({"S3_BUCKET": "from-environment"}, tmp_path / ".env")
    assert (settings.s3_bucket, settings.kafka_group) == ("from-environment", "from-file")


def test_every_setting_says_what_it_means() -> None:
    assert all(text.strip() for _, _, text in described())
    assert len({name for name, _, _ in described()}) == len(described())


def test_a_child_process_reads_the_very_same_settings() -> None:
    settings = read_settings({"DATABASE_URL": "postgresql://me:secret@here/db", "KAFKA_PORT": "9092"})
    assert read_settings(settings.as_environment()) == settings


def test_sasl_reaches_kafka_in_librdkafkas_words() -> None:
    settings = read_settings(
        {
            "KAFKA_BOOTSTRAP_SERVERS": "broker:9093",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": "me",
            "KAFKA_SASL_PASSWORD": "secret",
            "KAFKA_SSL_CA_LOCATION": __file__,
        }
    )
    assert settings.kafka() == {
        "bootstrap.servers": "broker:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "me",
        "sasl.password": "secret",
        "ssl.ca.location": __file__,
    }


@pytest.mark.parametrize(
    ("missing", "settings"),
    [
        ("KAFKA_SASL_USERNAME", {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}),
        ("KAFKA_SSL_CA_LOCATION", {"KAFKA_SSL_CA_LOCATION": "/nowhere.pem"}),
    ],
)
def test_a_login_to_kafka_that_cannot_work_is_named(missing: str, settings: dict[str, str]) -> None:
    with pytest.raises(UserError, match=missing):
        read_settings({"KAFKA_BOOTSTRAP_SERVERS": "broker:9093", **settings}).kafka()


def test_secrets_are_known_to_the_log() -> None:
    assert "hunter2" in read_settings({"KAFKA_SASL_PASSWORD": "hunter2"}).secrets()
    assert {"hunter%3A2", "hunter:2"} <= set(
        read_settings({"DATABASE_URL": "postgresql://me:hunter%3A2@here/db"}).secrets()
    )


def test_the_example_of_an_env_file_names_every_setting_and_which_of_them_reach_a_container() -> None:
    reaching, _, run_only = (ROOT / ".env.example").read_text().partition("# ── ./run only")
    named, others = (re.findall(r"^#?([A-Z0-9_]+)=(.*)", part, re.MULTILINE) for part in (reaching, run_only))
    used = set(re.findall(r"\$\{([A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert {name for name, _ in named} == used
    assert others == [(name, default) for name, default, _ in described() if name not in used]
