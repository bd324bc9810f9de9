"""`test`: run the tests, by tier."""

import os
import sys

import click

from app.wiring import ROOT


@click.command(
    short_help="Run the tests.",
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
)
@click.option("--compose", is_flag=True, help="The stack in containers instead (needs Docker).")
@click.option("--faults", is_flag=True, help="The faults instead: servers and processes that break under load.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(compose: bool, faults: bool, pytest_arguments: tuple[str, ...]) -> None:
    """Run the tests: unit, properties, contract, integration and end to end, on a local stack of their own.

    Further arguments go to pytest: ./run test tests/unit -k incident
    """
    os.chdir(ROOT)
    tier = _COMPOSE if compose else _FAULTS if faults else _REST
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *tier, *pytest_arguments])


_COMPOSE = ["-m", "compose"]
# Most tests wait for servers and processes, so two at a time share even one core well. A worker has its own servers.
_FAULTS = ["-m", "faults", "-n", "2", "--dist", "worksteal", "tests/faults"]
_REST = ["-m", "not compose and not faults", "-n", "2", "--dist", "loadfile"]  # files stay together
