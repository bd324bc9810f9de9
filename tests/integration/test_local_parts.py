"""The parts of the local stack on real files, sockets and processes, without its servers."""

import errno
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from core.errors import UserError
from local import directory, downloads
from local.lock import held, holder
from local.ports import HOST, choose, is_free
from local.process import Child
from local.server import Cancelled, Server
from local.termination import raised_on_sigterm
from tests.processes import PATIENCE_S, wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    child = Child(tmp_path, "sleeper")
    yield child
    child.kill()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files of a Maven repository; it stands in for Maven Central, with two jars pinned."""
    files = tmp_path / "maven"
    pins = []
    for artifact in ("one", "two"):
        jar = files / "org" / "example" / artifact / "1.0" / f"{artifact}-1.0.jar"
        jar.parent.mkdir(parents=True)
        jar.write_bytes(artifact.encode() * 1000)
        pins.append(f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  org.example:{artifact}:1.0\n")
    (tmp_path / "pins").write_text("".join(pins))
    monkeypatch.setattr(downloads, "PINS", tmp_path / "pins")
    with ThreadingHTTPServer((HOST, 0), partial(Quiet, directory=str(files))) as server:
        monkeypatch.setattr(downloads, "MAVEN_CENTRAL_URL", f"http://{HOST}:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        yield files
        server.shutdown()


# Ports


def test_a_configured_port_in_use_is_named_with_the_remedy(listening: int) -> None:
    with pytest.raises(UserError, match=rf"Port {listening} .* Postgres, is in use: .* configure another"):
        choose(["Postgres"], {"Postgres": listening}, {})


def test_ports_of_the_last_run_are_kept_while_they_are_free() -> None:
    first = choose(["a", "b", "c"], {}, {})
    assert len(set(first.values())) == 3
    assert choose(["a", "b", "c"], {}, first) == first


def test_a_port_of_the_last_run_that_somebody_took_is_replaced(listening: int) -> None:
    chosen = choose(["a"], {}, {"a": listening})["a"]
    assert chosen != listening
    assert is_free(chosen)


def test_a_configured_port_is_not_given_to_another_server() -> None:
    port = choose(["a"], {}, {})["a"]
    chosen = choose(["a", "b"], {"b": port}, {"a": port})
    assert chosen["b"] == port
    assert chosen["a"] != port


# The lock


def test_a_second_holder_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with (
        held(tmp_path / "lock"),
        pytest.raises(UserError, match=rf"in use by process {os.getpid()}"),
        held(tmp_path / "lock"),
    ):
        pass
    assert holder(tmp_path / "lock") is None


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from local.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", code, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert holder(tmp_path / "lock") == process.pid
        process.kill()
    with held(tmp_path / "lock"):
        assert holder(tmp_path / "lock") == os.getpid()


# The child process


def spawn(child: Child, command: list[str]) -> int:
    child.spawn(command, Path.cwd(), {}, None)
    assert child.pid is not None
    return child.pid


def test_a_child_is_found_again_by_what_it_wrote_down(tmp_path: Path, child: Child) -> None:
    pid = spawn(child, SLEEP)
    assert Child(tmp_path, "sleeper").pid == pid
    Child(tmp_path, "sleeper").stop(signal.SIGTERM, patience=PATIENCE_S)
    assert child.pid is None


def test_a_child_is_out_of_reach_of_ctrl_c(child: Child) -> None:
    pid = spawn(child, SLEEP)
    assert os.getpgid(pid) == pid != os.getpgrp()
    assert os.getsid(pid) == pid


def test_a_child_that_ignores_the_signal_is_killed(child: Child) -> None:
    spawn(child, STUBBORN)
    wait_for_log(child, "deaf")
    child.stop(signal.SIGTERM, patience=0.3)
    assert child.pid is None


def test_killing_leaves_no_grandchild(child: Child) -> None:
    spawn(
        child,
        [
            sys.executable,
            "-c",
            f"import subprocess; p = subprocess.Popen({SLEEP!r}); print(p.pid, flush=True); p.wait()",
        ],
    )
    grandchild = int(wait_for_log(child, "\n"))
    child.kill()
    assert not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE


def test_another_process_with_the_recorded_id_is_left_alone(tmp_path: Path, child: Child) -> None:
    pid = spawn(child, SLEEP)
    (tmp_path / "other.pid").write_text(f'{{"pid": {pid}, "started": 1.0}}')
    other = Child(tmp_path, "other")
    assert other.pid is None
    other.kill()
    assert child.pid == pid


def test_a_long_log_makes_way(child: Child, tmp_path: Path) -> None:
    child.log.write_bytes(b"x" * 6_000_000)
    spawn(child, SLEEP)
    assert child.log.stat().st_size == 0
    assert (tmp_path / "sleeper.log.1").exists()


def wait_for_log(child: Child, text: str) -> str:
    wait_until(lambda: text in child.log.read_text(), f"{text!r} in its log", pause=0.01)
    return child.log.read_text()


def test_sigterm_leaves_a_block_as_an_exception_would() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped, raised_on_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert stopped.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_program_that_handles_sigterm_keeps_doing_so() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    try:
        with raised_on_sigterm():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]


# A server that cannot start


class Broken(Server):
    """A server that is only a command."""

    name = "Broken"

    def __init__(self, directory: Path, code: str) -> None:
        super().__init__(directory, 0)
        self._code = code

    def prepare(self, report: object) -> None:
        self.directory.mkdir(exist_ok=True)

    def command(self) -> list[str]:
        return [sys.executable, "-c", self._code]

    def is_ready(self) -> bool:
        return False


def test_a_server_that_dies_says_why_and_where_its_log_is(tmp_path: Path) -> None:
    server = Broken(tmp_path / "broken", "print('bad configuration'); raise SystemExit(1)")
    with pytest.raises(UserError, match=r"^Broken stopped\. .*bad configuration \(its log: .*broken\.log\)$"):
        server.start(print, threading.Event())


def test_a_server_that_dies_of_a_full_disk_says_so(tmp_path: Path) -> None:
    server = Broken(tmp_path / "broken", "raise SystemExit('write: No space left on device')")
    with pytest.raises(UserError, match=r"^Broken stopped: no space left on the disk of "):
        server.start(print, threading.Event())


def test_a_full_disk_before_the_start_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Broken(tmp_path / "broken", "")
    monkeypatch.setattr(
        server, "prepare", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device"))
    )
    with pytest.raises(UserError, match="no space left"):
        server.start(print, threading.Event())


def test_a_start_that_is_cancelled_gives_up(tmp_path: Path) -> None:
    server = Broken(tmp_path / "broken", "import time; time.sleep(600)")
    cancelled = threading.Event()
    threading.Timer(0.2, cancelled.set).start()
    try:
        with pytest.raises(Cancelled):
            server.start(print, cancelled)
    finally:
        server.kill()


@pytest.mark.usefixtures("maven")
def test_a_download_that_is_cancelled_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Broken(tmp_path / "broken", "")
    monkeypatch.setattr(server, "prepare", partial(downloads.kafka_jars, tmp_path / "cache"))
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        server.start(print, cancelled)
    assert server.pid is None


def test_a_disk_without_room_is_refused_with_the_figures(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"MB left, and the stack needs 1000000000000 MB"):
        directory.check_room(tmp_path, 10**18)


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/data cannot be made"):
        directory.prepared(tmp_path / "file" / "data")


# Downloads


@pytest.mark.usefixtures("maven")
def test_the_first_run_fetches_and_reports_each_jar_and_the_second_fetches_none(tmp_path: Path) -> None:
    lines: list[str] = []
    paths = downloads.kafka_jars(tmp_path / "cache", lines.append)
    assert [path.name for path in paths] == ["one-1.0.jar", "two-1.0.jar"]
    assert ["0/2" in lines[0], "1/2" in lines[1], "2/2" in lines[2]] == [True] * 3
    assert downloads.kafka_jars(tmp_path / "cache", lines.append) == paths
    assert len(lines) == 3
    assert sorted(path.name for path in (tmp_path / "cache" / "kafka").iterdir()) == ["one-1.0.jar", "two-1.0.jar"]


@pytest.mark.usefixtures("maven")
def test_a_damaged_jar_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    damaged, _ = downloads.kafka_jars(tmp_path / "cache", lambda _: None)
    good = damaged.read_bytes()
    damaged.write_bytes(good[:-1])
    lines: list[str] = []
    downloads.kafka_jars(tmp_path / "cache", lines.append)
    assert damaged.read_bytes() == good
    assert "1/1 jars (one-1.0.jar)" in lines[-1]


def test_a_jar_that_is_not_the_pinned_one_is_thrown_away(tmp_path: Path, maven: Path) -> None:
    (maven / "org/example/two/1.0/two-1.0.jar").write_bytes(b"something else")
    with pytest.raises(UserError, match=r"two-1\.0\.jar .* is not the file that pins pins"):
        downloads.kafka_jars(tmp_path / "cache", lambda _: None)
    assert not (tmp_path / "cache" / "kafka" / "two-1.0.jar").exists()


@pytest.mark.usefixtures("maven")
def test_without_a_network_one_line_tells_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MAVEN_CENTRAL_URL", f"http://{HOST}:{choose(['none'], {}, {})['none']}")
    with pytest.raises(UserError, match=r"could not be fetched from Maven Central: check the network") as told:
        downloads.kafka_jars(tmp_path / "cache", lambda _: None)
    assert "\n" not in str(told.value)


def test_a_cache_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(UserError, match=r"cannot be made .* XDG_CACHE_HOME"):
        downloads.kafka_jars(tmp_path / "cache", lambda _: None)


def test_the_cache_is_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert downloads.default_cache() == tmp_path / "faultline"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert downloads.default_cache() == Path.home() / ".cache" / "faultline"
