"""A stack that runs on in the background: started by one command, stopped by another."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from local import directory as place
from local.lock import held, holder
from local.remembered import load
from local.stack import ANY_PORTS, Addresses, Ports, Stack, begun, detached, silent
from local.termination import raised_on_sigterm


@dataclass(frozen=True)
class Info:
    """What is known of the stack of a directory; `addresses` is None while nothing has been started there."""

    directory: Path
    addresses: Addresses | None
    pids: dict[str, int | None]
    is_detached: bool
    used_by: int | None  # the process that started the servers and will stop them

    @property
    def is_running(self) -> bool:
        """Whether all three servers live."""
        return bool(self.pids) and None not in self.pids.values()


def start_detached(
    directory: Path, ports: Ports = ANY_PORTS, *, cache: Path | None = None, report: Callable[[str], None] = silent
) -> Addresses:
    """Start a stack that stays when we leave; one that runs already is completed and kept."""
    directory = place.prepared(directory)
    if running := detached(directory, ports, cache):
        running.complete(directory, report)
        return running.addresses
    with raised_on_sigterm(), held(directory / "lock"):
        stack = begun(directory, ports, cache, report)
        place.mark_detached(directory)
    return stack.addresses


def stop(directory: Path) -> bool:
    """Stop a detached stack, or what a killed one left behind; False when nothing ran."""
    found = info(directory)
    if found.addresses is None:
        return False
    with held(found.directory / "lock"):
        Stack(found.directory, load(found.directory / "stack.json")).down()
        place.unmark_detached(found.directory)
    return any(found.pids.values())


def delete(directory: Path) -> None:
    """Forget everything that was stored there; a UserError while a stack runs."""
    found = info(directory)
    if any(found.pids.values()):
        raise UserError(f"The stack in {found.directory} is running: stop it first (./run stack stop).")
    if found.addresses is not None:
        with held(found.directory / "lock"):
            # As root its data may be elsewhere: see unprivileged.data_home.
            shutil.rmtree((found.directory / "postgres").resolve(), ignore_errors=True)
            shutil.rmtree(found.directory)


def info(directory: Path) -> Info:
    """Addresses and state, as far as anything was ever started in this directory."""
    directory = directory.absolute()
    if not (directory / "stack.json").exists():
        return Info(directory, None, {}, is_detached=False, used_by=None)
    stack = Stack(directory, load(directory / "stack.json"))
    pids = {server.name: server.pid for server in stack.servers}
    return Info(directory, stack.addresses, pids, place.is_detached(directory), holder(directory / "lock"))
