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
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(compose: bool, pytest_arguments: tuple[str, ...]) -> None:
    """Run the tests: unit, properties, contract, integration and end to end, on a local stack of their own.

    Further arguments go to pytest: ./run test tests/unit -k incident
    """
    # Most tests wait for servers and processes, so two at a time share even one core well; files stay together.
    tier = ["-m", "compose"] if compose else ["-m", "not compose", "-n", "2", "--dist", "loadfile"]
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *tier, *pytest_arguments])
