"""The local stack itself: killed, interrupted, left behind; its data stay, and nothing of it does."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from core.errors import UserError
from local import process, unprivileged
from local.detached import info, stop
from local.ports import choose
from local.stack import Stack
from tests.processes import PATIENCE_S
from tests.stack_rig import (
    HOLD,
    LEAVE,
    assert_data,
    assert_row,
    descendants,
    lives,
    own,
    pids,
    put_data,
    reachable_directory,
    run_python,
    started,
    wait_until_none_lives,
    write_row,
)

pytestmark = pytest.mark.faults


@pytest.fixture
def directory() -> Iterator[Path]:
    with reachable_directory() as directory:
        yield directory
        stop(directory)


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


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_stack_cleanly(directory: Path, how: signal.Signals) -> None:
    with run_python(HOLD, str(directory)) as holder:
        assert holder.stdout is not None
        running = list(map(int, holder.stdout.readline().split()))
        holder.send_signal(how)
        holder.communicate(timeout=PATIENCE_S)
    assert not any(map(lives, running))
    assert "database system is shut down" in (directory / "postgres.log").read_text()


def test_a_signal_while_it_starts_leaves_nothing_behind(directory: Path) -> None:
    with run_python(HOLD, str(directory)) as holder:
        deadline = monotonic() + PATIENCE_S
        while not (directory / "s3.pid").exists():
            assert monotonic() < deadline
            sleep(0.01)
        holder.send_signal(signal.SIGTERM)
        holder.communicate(timeout=PATIENCE_S)
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


def test_a_detached_stack_that_lost_a_server_is_completed(directory: Path) -> None:
    with run_python(LEAVE, str(directory)) as holder:
        assert holder.wait(PATIENCE_S) == 0
    before = info(directory).pids
    assert before["S3"] is not None
    os.kill(before["S3"], signal.SIGKILL)
    wait_until_none_lives([before["S3"]])
    with Stack.start(directory) as stack:
        assert stack.object_store.pid not in {None, before["S3"]}
        assert stack.kafka.pid == before["Kafka"]


def test_data_whose_making_was_interrupted_is_made_anew(directory: Path) -> None:
    directory.mkdir(mode=0o711)
    (directory / "kafka" / "data.new" / "half").mkdir(parents=True)
    own(directory / "postgres", directory / "postgres" / "data.new", directory / "postgres" / "data.new" / "half")
    with Stack.start(directory) as stack:
        stack.check()


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
