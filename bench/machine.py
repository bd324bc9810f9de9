"""Where and with what a figure was measured. No host name, no path."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.database import Database
from bench.process import ROOT
from local.downloads import PINS, parse_pins

_LIBRARIES = ("confluent-kafka", "psycopg2-binary", "sqlalchemy", "msgspec", "numpy", "scikit-learn")
_POSTGRES = ("shared_buffers", "max_wal_size", "fsync", "synchronous_commit", "full_page_writes", "wal_level")


def machine() -> dict[str, object]:
    """The machine that we run on: cpu, cores, memory, operating system."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "os": _system(),
    }


def versions(database: Database) -> dict[str, str]:
    """Of the interpreter, the servers and the libraries on the way of a reading."""
    kafka = next(jar.version for jar in parse_pins(PINS.read_text(encoding="ascii")) if jar.artifact == "kafka-clients")
    servers = {"kafka": kafka, "postgres": str(database.rows("SHOW server_version")[0][0]).split()[0]}
    return {"python": platform.python_version(), **servers, **libraries(*_LIBRARIES)}


def libraries(*names: str) -> dict[str, str]:
    """The versions of these libraries."""
    return {name: version(name) for name in names}


def postgres_settings(database: Database) -> dict[str, str]:
    """The settings of the database server that decide what a commit costs."""
    return {name: str(database.rows(f"SHOW {name}")[0][0]) for name in _POSTGRES}


def commit() -> str:
    """The commit that was measured; `-changed` where the checkout differs from it."""
    changed = "-changed" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{_git('rev-parse', 'HEAD')}{changed}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found.group(1) if found else platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
