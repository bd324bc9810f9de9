"""Others' ways run in environments of their own, made from hash-locked requirements at first need."""

import filecmp
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

from bench.process import ROOT
from bench.progress import Progress
from core.errors import UserError


class PeerEnvironment(NamedTuple):
    """A folder with an interpreter and the packages of one file."""

    folder: Path
    requirements: str
    """Below the project's folder."""
    named: frozenset[str]
    """Packages whose versions a result names."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def prepare(self, progress: Progress) -> None:
        """Make it unless it holds these very requirements. UserError without a network."""
        locked, stamp = ROOT / self.requirements, self.folder / "installed.txt"
        if stamp.exists() and filecmp.cmp(stamp, locked, shallow=False):
            return
        progress.say(f"installing the peers into {self.folder.name} (only when {self.requirements} changed)")
        venv.create(self.folder, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
        if subprocess.run([self.python, *install, locked], stdout=sys.stderr, check=False).returncode:
            raise UserError(f"the packages of {self.requirements} could not be installed: check the network")
        shutil.copyfile(locked, stamp)

    def versions(self) -> dict[str, str]:
        """Of what the peers are made of; nothing before it was made."""
        packages = next((self.folder / "lib").glob("python*/site-packages"), None)
        if packages is None:
            return {}
        found = (path.name.removesuffix(".dist-info").rpartition("-") for path in packages.glob("*.dist-info"))
        return {name.replace("_", "-"): version for name, _, version in found if name in self.named}


STREAMS = PeerEnvironment(
    ROOT / ".venv-bench", "bench/requirements.txt", frozenset({"quixstreams", "confluent_kafka", "psycopg2_binary"})
)
MLFLOW = PeerEnvironment(
    ROOT / ".venv-bench-mlflow", "bench/requirements-mlflow.txt", frozenset({"mlflow_skinny", "uvicorn", "fastapi"})
)
