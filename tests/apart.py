"""Programs whose packages cannot share our environment, each in one of its own, made at its first need."""

import filecmp
import shutil
import subprocess
import sys
from pathlib import Path

from app.wiring import ROOT


def installed(name: str, requirements: Path) -> Path:
    """The folder of the programs of environment `name`, which holds these very packages."""
    environment = ROOT / name
    stamp = environment / "installed.txt"
    if not stamp.exists() or not filecmp.cmp(requirements, stamp, shallow=False):
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, environment], check=True)
        python = ["--python", str(environment / "bin" / "python")]
        subprocess.run([*uv, "pip", "install", *python, "--require-hashes", "-r", requirements], check=True)
        shutil.copyfile(requirements, stamp)
    return environment / "bin"
