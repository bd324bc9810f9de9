"""The real Kafka, Postgres and S3 of the local stack: started, killed, started again, left running, stopped."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
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

from core.errors import UserError
from local import process, unprivileged
from local.detached import delete, info, start_detached, stop
from local.downloads import default_cache
from local.kafka import Kafka
from local.ports import HOST, choose, is_free
from local.postgres import Postgres
from local.stack import Addresses, Ports, Stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TOPIC, BUCKET = "kept", "kept"


@contextmanager
def reachable_directory() -> Iterator[Path]:
    """A data directory that Postgres' user reaches too when the tests run as root, as it does not reach `tmp_path`."""
    with tempfile.TemporaryDirectory(prefix="faultline-") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "a name, with ü"


@pytest.fixture
def directory() -> Iterator[Path]:
    with reachable_directory() as directory:
        yield directory
        stop(directory)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Path, Stack]]:
    with reachable_directory() as directory, Stack.start(directory) as stack:
        yield directory, stack


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
        deadline = monotonic() + 30
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
    deadline = monotonic() + 30
    while any(map(lives, found)):
        assert monotonic() < deadline, f"some of {found} still live"
        sleep(0.02)


HOLD = """
import sys
import threading
from pathlib import Path
from local.stack import Stack
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


def test_data_survives_kill_9_of_each_server_and_a_stop(directory: Path) -> None:
    before = descendants()
    with Stack.start(directory) as stack:
        addresses = stack.addresses
        version = put_data(addresses)
        for server in stack.servers:
            killed = server.pid
            server.kill()
            assert server.pid is None
            with pytest.raises(UserError, match=server.name):
                stack.check()
            server.restart()
            assert server.pid not in {None, killed}
        stack.check()
        assert_data(addresses, version)
        running = pids(stack)
    wait_until_none_lives(running)
    assert descendants() <= before
    with Stack.start(directory) as stack:
        assert stack.addresses == addresses
        assert_data(addresses, version)


def test_every_server_listens_on_this_machine_only(running: tuple[Path, Stack]) -> None:
    _, stack = running
    for pid in pids(stack):
        connections = psutil.Process(pid).net_connections("inet")
        listening = {connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN}
        assert listening
        assert listening <= {HOST, f"::ffff:{HOST}"}


def test_a_stranger_gets_no_data(running: tuple[Path, Stack]) -> None:
    _, stack = running
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(stack.addresses.database_url.replace("owner:", "owner:x"))
    stranger = s3_client(Addresses("", "", stack.addresses.s3_endpoint_url, "stranger", "secret"))
    with pytest.raises(stranger.exceptions.ClientError, match="InvalidAccessKeyId"):
        stranger.list_buckets()


def test_secrets_are_for_their_owner_only(running: tuple[Path, Stack]) -> None:
    directory, stack = running
    password = json.loads((directory / "stack.json").read_text())["postgres_password"]
    assert password in stack.addresses.database_url
    for pid in pids(stack):
        shown = " ".join(psutil.Process(pid).cmdline())
        assert password not in shown
        assert stack.addresses.s3_secret_access_key not in shown
    for path in directory.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_stack_on_the_same_directory_is_refused_in_one_line(running: tuple[Path, Stack]) -> None:
    directory, _ = running
    with pytest.raises(UserError, match=rf"^The stack in {directory} is in use by process {os.getpid()}: .*$"):
        Stack.start(directory).__enter__()
    with pytest.raises(UserError, match="in use by process"):
        stop(directory)
    assert info(directory).used_by == os.getpid()


def test_configured_ports_are_taken_or_named_when_in_use(directory: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=rf"^Port {port} .* configured for Postgres, is in use"):
            Stack.start(directory, Ports(postgres=port)).__enter__()
    with Stack.start(directory, Ports(postgres=port)) as stack:
        assert f":{port}/" in stack.addresses.database_url
    assert is_free(port)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_stack_cleanly(directory: Path, how: signal.Signals) -> None:
    with run_python(HOLD, str(directory)) as holder:
        assert holder.stdout is not None
        running = list(map(int, holder.stdout.readline().split()))
        holder.send_signal(how)
        holder.communicate(timeout=60)
    assert not any(map(lives, running))
    assert "database system is shut down" in (directory / "postgres.log").read_text()


def test_a_signal_while_it_starts_leaves_nothing_behind(directory: Path) -> None:
    with run_python(HOLD, str(directory)) as holder:
        deadline = monotonic() + 30
        while not (directory / "s3.pid").exists():
            assert monotonic() < deadline
            sleep(0.01)
        holder.send_signal(signal.SIGTERM)
        holder.communicate(timeout=60)
    assert info(directory).pids == {"Kafka": None, "Postgres": None, "S3": None}


def test_what_a_killed_run_left_behind_is_stopped_by_the_next(directory: Path) -> None:
    with run_python(HOLD, str(directory)) as holder:
        assert holder.stdout is not None
        left = list(map(int, holder.stdout.readline().split()))
        holder.kill()
    assert len(left) == 3
    assert all(map(lives, left))
    with Stack.start(directory) as stack:
        assert not any(map(lives, left))
        assert set(pids(stack)).isdisjoint(left)


def test_a_detached_stack_outlives_its_command_is_used_by_others_and_stopped_by_another(directory: Path) -> None:
    assert not info(directory).is_running
    with run_python(LEAVE, str(directory)) as holder:
        assert holder.wait(60) == 0
    known = info(directory)
    assert known.is_running
    assert known.is_detached
    assert known.used_by is None
    with Stack.start(directory) as stack:
        assert stack.addresses == known.addresses == start_detached(directory)
        version = put_data(stack.addresses)
        stack.postgres.kill()
        stack.postgres.restart()
        assert_data(stack.addresses, version)
    assert info(directory).is_running
    with pytest.raises(UserError, match="runs with Kafka on port"):
        start_detached(directory, Ports(kafka=1))
    with pytest.raises(UserError, match="stop it first"):
        delete(directory)
    assert stop(directory)
    assert not stop(directory)
    assert set(info(directory).pids.values()) == {None}
    delete(directory)
    assert info(directory).addresses is None
    assert not directory.exists()


def test_a_detached_stack_that_lost_a_server_is_completed(directory: Path) -> None:
    with run_python(LEAVE, str(directory)) as holder:
        assert holder.wait(60) == 0
    before = info(directory).pids
    assert before["S3"] is not None
    os.kill(before["S3"], signal.SIGKILL)
    wait_until_none_lives([before["S3"]])
    with Stack.start(directory) as stack:
        assert stack.object_store.pid not in {None, before["S3"]}
        assert stack.kafka.pid == before["Kafka"]


def own(*paths: Path) -> None:
    """Make the directories as the run that made them would have."""
    for path in paths:
        path.mkdir(mode=0o700, parents=True)
        if user := unprivileged.postgres_user():
            unprivileged.give(path, user)


def test_a_server_that_cannot_start_is_named_and_the_others_are_stopped(directory: Path) -> None:
    directory.mkdir(mode=0o711)
    own(directory / "postgres", directory / "postgres" / "data")
    with pytest.raises(UserError, match=r"^Postgres stopped\. .*configuration file.*postgres\.log\)$"):
        Stack.start(directory).__enter__()
    assert set(info(directory).pids.values()) == {None}


def test_data_whose_making_was_interrupted_is_made_anew(directory: Path) -> None:
    directory.mkdir(mode=0o711)
    (directory / "kafka" / "data.new" / "half").mkdir(parents=True)
    own(directory / "postgres", directory / "postgres" / "data.new", directory / "postgres" / "data.new" / "half")
    with Stack.start(directory) as stack:
        stack.check()


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


def test_a_cluster_id_that_begins_with_a_dash_is_no_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.kafka.uuid.uuid4", lambda: uuid.UUID(bytes=b"\xf8" + bytes(15)))
    kafka = Kafka(tmp_path / "kafka", port=1, controller_port=2, cache=default_cache())
    tmp_path.joinpath("kafka").mkdir()
    kafka.prepare(lambda _: None)
    assert "cluster.id=-AAAAAAAAAAAAAAAAAAAAA" in (tmp_path / "kafka/data/meta.properties").read_text()


def test_an_innocent_process_with_the_id_of_the_last_postgres_is_no_obstacle(directory: Path) -> None:
    directory.mkdir(mode=0o711)
    port = choose(["Postgres"], {}, {})["Postgres"]
    postgres = started(directory / "postgres", port)
    write_row(postgres)
    postgres.kill()
    lock = directory / "postgres" / "data" / "postmaster.pid"
    with subprocess.Popen(["sleep", "600"], **process.as_user(unprivileged.postgres_user())) as innocent:
        lock.write_text("\n".join([str(innocent.pid), *lock.read_text().split("\n")[1:]]))
        postgres = started(directory / "postgres", port)
        assert_row(postgres)
        postgres.stop()
        innocent.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for Postgres")
def test_as_root_postgres_works_below_a_directory_that_only_root_enters(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    port = choose(["Postgres"], {}, {})["Postgres"]
    postgres = started(tmp_path / "postgres", port)
    try:
        write_row(postgres)
        postgres.restart()
        assert_row(postgres)
    finally:
        postgres.kill()
        shutil.rmtree((tmp_path / "postgres").readlink())
