"""The settings: one typed, frozen object, read once from the environment and an optional .env file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from dotenv import dotenv_values
from msgspec import Meta, Struct

from app.setting_words import what_is_wrong
from core.errors import UserError

Port = Annotated[int, Meta(ge=0, le=65535)]
_HTTP = "^(https?://[^/].*)?$"
_SERVER = r"//(?=.)(?:[^/@]*@)?(?:\[[^\[\]/@]*\]|[^\[\]/@]*)(?::\d+)?(?:/.*)?"
"""Of a URL: a login, a host (IPv6 in brackets), a port and what follows."""
_ESCAPED = "in a password write @ as %40, / as %2F"
_HTTP_IN_WORDS = "it must begin with http:// or https:// and name a server"


class Settings(Struct, frozen=True, kw_only=True, rename=lambda name: name.upper()):
    """Every setting. In the environment its name is in capitals; `NAME_FILE` names a file that holds the value."""

    # Servers. With none of the first three set, commands use the local stack under DATA_DIRECTORY.
    kafka_bootstrap_servers: Annotated[str, Meta(description="Kafka brokers, host:port[,host:port]")] = ""
    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], Meta(description="How to talk to Kafka")
    ] = "PLAINTEXT"
    kafka_sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], Meta(description="How to log in to Kafka")
    ] = "PLAIN"
    kafka_sasl_username: Annotated[str, Meta(description="Kafka user")] = ""
    kafka_sasl_password: Annotated[str, Meta(description="Kafka password", extra={"secret": True})] = ""
    kafka_ssl_ca_location: Annotated[str, Meta(description="File of certificate authorities for Kafka")] = ""
    kafka_group: Annotated[str, Meta(description="Consumer group", min_length=1)] = "faultline"
    kafka_session_timeout_ms: Annotated[
        int, Meta(description="A consumer silent for that long loses its partitions", ge=1000, le=1_800_000)
    ] = 10_000
    message_limit_bytes: Annotated[
        int, Meta(description="A larger message is never decoded; its first 4 KB are kept", ge=4096, le=67_108_864)
    ] = 1_048_576
    kafka_max_poll_interval_ms: Annotated[
        int,
        Meta(
            description="A consumer that polls that seldom loses its partitions; a rebalance waits so long for it",
            ge=1000,
            le=86_400_000,
        ),
    ] = 90_000
    schema_registry_url: Annotated[
        str,
        Meta(
            description="Schema Registry of framed messages, http[s]://[user:password@]host:port; empty: the machines'"
            " files alone say what is right",
            pattern=_HTTP,
            extra={"secret": True, "form": _HTTP_IN_WORDS},
        ),
    ] = ""
    topic_partitions: Annotated[int, Meta(description="Partitions of a topic that we create", ge=1, le=10_000)] = 4
    topic_replication: Annotated[int, Meta(description="Copies of a topic that we create", ge=1, le=10)] = 1
    database_url: Annotated[
        str,
        Meta(
            description="postgresql://user:password@host:port/name",
            pattern=rf"^(postgres(ql)?(\+\w+)?:{_SERVER})?$",
            extra={"secret": True, "form": f"it must begin with postgresql:// and name a server; {_ESCAPED}"},
        ),
    ] = ""
    history_url: Annotated[
        str,
        Meta(
            description="Database of an older system that ./run import reads: postgresql://user:password@host:port/name",
            pattern=rf"^([\w+]+:{_SERVER})?$",
            extra={"secret": True, "form": f"it must be an address of SQLAlchemy's; {_ESCAPED}"},
        ),
    ] = ""
    retention_days: Annotated[
        int, Meta(description="Days of readings that ./run retention keeps; 0: it asks", ge=0, le=100_000)
    ] = 0
    s3_endpoint_url: Annotated[str, Meta(description="S3 server; empty with S3_BUCKET set: AWS itself")] = ""
    s3_bucket: Annotated[str, Meta(description="Versioned bucket of models and base data", min_length=3)] = "faultline"
    s3_region: Annotated[str, Meta(description="Region of the bucket")] = "us-east-1"
    aws_access_key_id: Annotated[str, Meta(description="S3 key id")] = ""
    aws_secret_access_key: Annotated[str, Meta(description="S3 secret", extra={"secret": True})] = ""

    # People.
    telegram_bot_token: Annotated[
        str, Meta(description="From @BotFather; empty: alerts are printed", extra={"secret": True})
    ] = ""
    notify_urls: Annotated[
        str,
        Meta(description="Who else gets alerts, one-way: URLs of apprise, separated by spaces", extra={"secret": True}),
    ] = ""
    engineer_urls: Annotated[
        str,
        Meta(description="Who hears of Faultline's own troubles, one-way: URLs of apprise", extra={"secret": True}),
    ] = ""
    telegram_api_url: Annotated[str, Meta(description="Bot API server")] = "https://api.telegram.org"
    telegram_webhook_url: Annotated[
        str, Meta(description="https address where Telegram brings replies, by way of a proxy; empty: we ask for them")
    ] = ""
    telegram_webhook_host: Annotated[str, Meta(description="Address that the proxy finds it on", min_length=1)] = (
        "127.0.0.1"
    )
    telegram_webhook_port: Annotated[Port, Meta(description="Port that the proxy finds it on; 0: a free one")] = 8001
    page_host: Annotated[str, Meta(description="Address that the page listens on", min_length=1)] = "127.0.0.1"
    page_port: Annotated[Port, Meta(description="Port of the page; 0: a free one")] = 8000
    page_url: Annotated[str, Meta(description="What people type to reach the page, where a proxy leads to it")] = ""

    # Spans.
    otel_exporter_otlp_endpoint: Annotated[
        str,
        Meta(
            description="OpenTelemetry collector (OTLP/HTTP) for the way of alerted readings; empty: none",
            pattern=_HTTP,
            extra={"form": _HTTP_IN_WORDS},
        ),
    ] = ""
    trace_every: Annotated[
        int, Meta(description="Of so many readings that the producer publishes, one begins a trace", ge=1)
    ] = 1_000

    # Programs.
    api_host: Annotated[str, Meta(description="Address that the HTTP API listens on", min_length=1)] = "127.0.0.1"
    api_port: Annotated[Port, Meta(description="Port of the HTTP API; 0: a free one")] = 8080
    api_body_limit_bytes: Annotated[
        int, Meta(description="A larger request to the HTTP API is refused", ge=4096, le=1_073_741_824)
    ] = 16_777_216
    api_requests_per_s: Annotated[
        float, Meta(description="Requests that a key may make in a second; 0: any number", ge=0, le=1e6)
    ] = 500.0
    compat_without_key: Annotated[
        bool, Meta(description="true: the older systems' paths of the HTTP API need no key")
    ] = False
    compat_data: Annotated[
        str, Meta(description="File of readings that GET /data shows and POST /predict_path scores")
    ] = ""

    # Models.
    signing_key: Annotated[
        str, Meta(description="Ed25519 private key (PEM) of the trainer", extra={"secret": True})
    ] = ""
    trusted_keys: Annotated[str, Meta(description="Ed25519 public keys (PEM, one after the other) of trainers")] = ""
    model_timeout_s: Annotated[
        float,
        Meta(description="Seconds in which a model must be loaded, or score a batch; else it hangs", gt=0, le=86_400),
    ] = 60.0
    search_trials: Annotated[int, Meta(description="Trials of a search for hyper-parameters", ge=1, le=10_000)] = 20
    search_seconds: Annotated[
        float, Meta(description="Seconds after which a search begins no further trial", gt=0, le=604_800)
    ] = 300.0
    mlflow_tracking_uri: Annotated[
        str,
        Meta(
            description="MLflow server that shows the versions, http[s]://[user:password@]host:port; empty: none",
            extra={"secret": True},
        ),
    ] = ""
    machines: Annotated[str, Meta(description="Machines that the consumer scores, comma-separated; empty: all")] = ""

    # This machine.
    machines_directory: Annotated[str, Meta(description="Folder of the machines' TOML files")] = "machines"
    data_directory: Annotated[str, Meta(description="Local stack's data, keys, cached models")] = ".local"
    kafka_port: Annotated[Port, Meta(description="Port of the local stack's Kafka; 0: a free one")] = 0
    postgres_port: Annotated[Port, Meta(description="Port of the local stack's Postgres; 0: a free one")] = 0
    s3_port: Annotated[Port, Meta(description="Port of the local stack's S3; 0: a free one")] = 0
    metrics_host: Annotated[str, Meta(description="Address of each process's metrics", min_length=1)] = "127.0.0.1"
    metrics_port: Annotated[Port, Meta(description="Port of /metrics, /health/live, /health/ready; 0: none")] = 0
    prometheus_token: Annotated[
        str,
        Meta(description="Who knows it may post alerts to the page", min_length=32, extra={"secret": True}),
    ] = ""
    heartbeat_file: Annotated[str, Meta(description="Touched while a process works, for health checks")] = ""
    log_format: Annotated[Literal["auto", "human", "json"], Meta(description="auto: human on a terminal")] = "auto"
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Meta(description="Least level shown")] = "INFO"

    def secrets(self) -> list[str]:
        """The values that no log may show."""
        values = [value for name in _SECRETS if (value := getattr(self, name))]
        values += [url for urls in (self.notify_urls, self.engineer_urls) for url in urls.split()]
        passwords = [_password(url) for url in (self.database_url, self.history_url)]
        return [*values, *filter(None, {*passwords, *map(unquote, passwords)})]

    def as_environment(self) -> dict[str, str]:
        """The environment in which a process of ours reads these very settings."""
        return {name: str(value) for name, field in _FIELDS.items() if (value := getattr(self, field.name)) != ""}

    @property
    def uses_local_stack(self) -> bool:
        """No server is named: the local stack is meant."""
        return not (self.kafka_bootstrap_servers or self.database_url or self.s3_endpoint_url)

    def kafka(self) -> dict[str, str]:
        """The connection to Kafka in librdkafka's words. UserError where a part of it is missing."""
        config = {
            "bootstrap.servers": self.kafka_bootstrap_servers,
            "security.protocol": self.kafka_security_protocol,
        }
        if self.kafka_security_protocol.startswith("SASL"):
            if not self.kafka_sasl_username:
                raise UserError(f"KAFKA_SASL_USERNAME is missing: {self.kafka_security_protocol} needs a login")
            config["sasl.mechanism"] = self.kafka_sasl_mechanism
            config["sasl.username"] = self.kafka_sasl_username
            config["sasl.password"] = self.kafka_sasl_password
        if self.kafka_ssl_ca_location:
            if not Path(self.kafka_ssl_ca_location).is_file():
                raise UserError(f"KAFKA_SSL_CA_LOCATION: there is no file {self.kafka_ssl_ca_location}")
            config["ssl.ca.location"] = self.kafka_ssl_ca_location
        return config


_FIELDS = {field.encode_name: field for field in msgspec.structs.fields(Settings)}
_SECRETS = [
    field.name for field in _FIELDS.values() if "secret" in (getattr(field.type.__metadata__[-1], "extra", None) or {})
]


def described() -> list[tuple[str, str, str]]:
    """Every setting as (name, default, description), in the order of this file."""
    return [(name, str(field.default), field.type.__metadata__[-1].description) for name, field in _FIELDS.items()]


def read_settings(environment: Mapping[str, str], dotenv: Path | None = None) -> Settings:
    """The settings from `environment`, and below it from the .env file. UserError names the variable that is wrong."""
    merged = {**_dotenv(dotenv), **environment}
    values: dict[str, str] = {}
    for name in _FIELDS:
        if merged.get(name):
            values[name] = merged[name]
        elif path := merged.get(f"{name}_FILE"):
            values[name] = _content(f"{name}_FILE", Path(path))
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("`$.")[2].rstrip("`")
        meaning = _FIELDS[name].type.__metadata__[-1].description
        raise UserError(f"{name} is wrong: {what_is_wrong(Settings, name, values[name])} ({meaning})") from error


def _password(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:  # the host is none; whoever connects says so
        return url


def _dotenv(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    try:
        return {name: value for name, value in dotenv_values(path, encoding="utf-8").items() if value}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error


def _content(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name}: cannot read {path}: {error}") from error
