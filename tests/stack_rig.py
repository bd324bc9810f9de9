"""A local stack of one's own: where it lives, who belongs to it, and data to find again."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import boto3
import psutil
import psycopg2
import pytest
from botocore.config import Config
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from local import process, unprivileged
from local.postgres import Postgres
from local.stack import Addresses, Stack
from tests.processes import PATIENCE_S

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


TOPIC, BUCKET = "kept", "kept"


@contextmanager
def reachable_directory() -> Iterator[Path]:
    """A data directory that Postgres' user reaches too when the tests run as root, as it does not reach `tmp_path`."""
    with tempfile.TemporaryDirectory(prefix="faultline-") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "a name, with ü"


def s3_client(addresses: Addresses) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=addresses.s3_endpoint_url,
        aws_access_key_id=addresses.s3_access_key_id,
        aws_secret_access_key=addresses.s3_secret_access_key,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )


def put_data(addresses: Addresses) -> str:
    """Put something in all three servers; the S3 version that was made."""
    admin = AdminClient({"bootstrap.servers": addresses.kafka_bootstrap_servers})
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    producer = Producer({"bootstrap.servers": addresses.kafka_bootstrap_servers})
    producer.produce(TOPIC, b"a reading")
    assert producer.flush(30) == 0
    with closing(psycopg2.connect(addresses.database_url)) as database, database, database.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 'a row' AS what")
    s3 = s3_client(addresses)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=BUCKET, Key="model", Body=b"a model")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="model", Body=b"a newer model")
    with pytest.raises(s3.exceptions.ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key="model", Body=b"a rival", IfNoneMatch="*")
    return version


def assert_data(addresses: Addresses, version: str) -> None:
    assert read_one(addresses).value() == b"a reading"
    with closing(psycopg2.connect(addresses.database_url)) as database, database.cursor() as cursor:
        cursor.execute("SELECT what FROM kept")
        assert cursor.fetchall() == [("a row",)]
    s3 = s3_client(addresses)
    assert s3.get_object(Bucket=BUCKET, Key="model", VersionId=version)["Body"].read() == b"a model"
    assert s3.get_object(Bucket=BUCKET, Key="model")["Body"].read() == b"a newer model"


def read_one(addresses: Addresses) -> Message:
    consumer = Consumer({"bootstrap.servers": addresses.kafka_bootstrap_servers, "group.id": "reader"})
    consumer.assign([TopicPartition(TOPIC, 0, 0)])
    try:
        deadline = monotonic() + PATIENCE_S
        while monotonic() < deadline:
            message = consumer.poll(1)
            if message is not None and message.error() is None:
                return message
    finally:
        consumer.close()
    raise AssertionError("nothing to read in Kafka")


def descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def pids(stack: Stack) -> list[int]:
    return [server.pid for server in stack.servers if server.pid is not None]


def run_python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lives(pid: int) -> bool:
    try:
        return process.lives(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def wait_until_none_lives(found: list[int]) -> None:
    deadline = monotonic() + PATIENCE_S
    while any(map(lives, found)):
        assert monotonic() < deadline, f"some of {found} still live"
        sleep(0.02)


HOLD = """
import signal
import sys
import threading
from pathlib import Path
from local.stack import Stack
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes begin with it ignored
with Stack.start(Path(sys.argv[1])) as stack:
    print(*[server.pid for server in stack.servers], flush=True)
    threading.Event().wait()
"""


LEAVE = """
import sys
from pathlib import Path
from local import process, unprivileged
from local.detached import start_detached
start_detached(Path(sys.argv[1]))
"""


def own(*paths: Path) -> None:
    """Make the directories as the run that made them would have."""
    for path in paths:
        path.mkdir(mode=0o700, parents=True)
        if user := unprivileged.postgres_user():
            unprivileged.give(path, user)


def started(directory: Path, port: int) -> Postgres:
    postgres = Postgres(directory, port, "a password")
    postgres.start(print, threading.Event())
    return postgres


def write_row(postgres: Postgres) -> None:
    with closing(psycopg2.connect(postgres.url)) as database, database, database.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS what")


def assert_row(postgres: Postgres) -> None:
    with closing(psycopg2.connect(postgres.url)) as database, database.cursor() as cursor:
        cursor.execute("SELECT what FROM kept")
        assert cursor.fetchall() == [(1,)]
