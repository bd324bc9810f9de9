"""The real Kafka, Postgres and S3 of the local stack: who may reach them, and what is in their way."""

import json
import os
import shutil
import socket
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import psutil
import psycopg2
import pytest

from core.errors import UserError
from local.detached import delete, info, start_detached, stop
from local.downloads import default_cache
from local.kafka import Kafka
from local.ports import HOST, choose, is_free
from local.stack import Addresses, Ports, Stack
from tests.processes import PATIENCE_S
from tests.stack_rig import (
    LEAVE,
    assert_data,
    assert_row,
    own,
    pids,
    put_data,
    reachable_directory,
    run_python,
    s3_client,
    started,
    write_row,
)


@pytest.fixture
def directory() -> Iterator[Path]:
    with reachable_directory() as directory:
        yield directory
        stop(directory)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Path, Stack]]:
    with reachable_directory() as directory, Stack.start(directory) as stack:
        yield directory, stack


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
    port = choose(["Postgres"], {}, {})["Postgres"]  # below those that the system gives to connections meanwhile
    in_use = pytest.raises(UserError, match=rf"^Port {port} .* configured for Postgres, is in use")
    with socket.create_server((HOST, port)), in_use:
        Stack.start(directory, Ports(postgres=port)).__enter__()
    with Stack.start(directory, Ports(postgres=port)) as stack:
        assert f":{port}/" in stack.addresses.database_url
    assert is_free(port)


def test_a_port_that_somebody_takes_before_its_server_does_is_replaced(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[dict[str, int]] = []
    with socket.create_server((HOST, 0)) as other:

        def late_look(names: Iterable[str], configured: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
            looks.append(choose(names, configured, last))
            taken = {"Postgres": other.getsockname()[1]} if len(looks) == 1 else {}
            return looks[-1] | taken

        monkeypatch.setattr("local.stack.choose", late_look)
        with Stack.start(directory) as stack:
            put_data(stack.addresses)
    assert len(looks) == 2


def test_a_detached_stack_outlives_its_command_is_used_by_others_and_stopped_by_another(directory: Path) -> None:
    assert not info(directory).is_running
    with run_python(LEAVE, str(directory)) as holder:
        assert holder.wait(PATIENCE_S) == 0
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


def test_a_server_that_cannot_start_is_named_and_the_others_are_stopped(directory: Path) -> None:
    directory.mkdir(mode=0o711)
    own(directory / "postgres", directory / "postgres" / "data")
    with pytest.raises(UserError, match=r"^Postgres stopped\. .*configuration file.*postgres\.log\)$"):
        Stack.start(directory).__enter__()
    assert set(info(directory).pids.values()) == {None}


def test_a_cluster_id_that_begins_with_a_dash_is_no_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.kafka.uuid.uuid4", lambda: uuid.UUID(bytes=b"\xf8" + bytes(15)))
    kafka = Kafka(tmp_path / "kafka", port=1, controller_port=2, cache=default_cache())
    tmp_path.joinpath("kafka").mkdir()
    kafka.prepare(lambda _: None)
    assert "cluster.id=-AAAAAAAAAAAAAAAAAAAAA" in (tmp_path / "kafka/data/meta.properties").read_text()


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
