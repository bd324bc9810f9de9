"""`test`: run the tests, by tier."""

import os
import sys
from pathlib import Path

import click

from app.wiring import ROOT
from core.errors import UserError


@click.command(
    short_help="Run the tests.",
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
)
@click.option("--compose", is_flag=True, help="The stack in containers instead (needs Docker).")
@click.option("--faults", is_flag=True, help="The faults instead: servers and processes that break under load.")
@click.option("--fuzz", is_flag=True, help="The fuzzing instead: any bytes at the decoder and the signature check.")
@click.option("--bench", is_flag=True, help="The benches instead, each quickly: that they measure.")
@click.option("--soak", type=click.FloatRange(0, min_open=True), metavar="MINUTES", help="Mix faults at random.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the soak.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the soak's report there, as JSON.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(
    compose: bool,
    faults: bool,
    fuzz: bool,
    bench: bool,
    soak: float | None,
    seed: int,
    report: Path | None,
    pytest_arguments: tuple[str, ...],
) -> None:
    """Run the tests: unit, properties, contract, integration and end to end, on a local stack of their own.

    Further arguments go to pytest: ./run test tests/unit -k incident
    """
    if soak and not faults:
        raise UserError("--soak mixes faults: write --faults --soak MINUTES")
    told = {"SOAK_SEED": str(seed)}
    told |= {"SOAK_MINUTES": str(soak)} if soak else {}
    told |= {"SOAK_REPORT": str(report.absolute())} if report else {}
    os.chdir(ROOT)
    tiers = ((compose, _COMPOSE), (soak, _SOAK), (faults, _FAULTS), (fuzz, _FUZZ), (bench, _BENCH))
    tier = next((tier for wanted, tier in tiers if wanted), _REST)
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *tier, *pytest_arguments], {**os.environ, **told})


_COMPOSE = ["-m", "compose"]
# Most tests wait for servers and processes, so two at a time share even one core well. A worker has its own servers.
_FAULTS = ["-m", "faults", "-n", "2", "--dist", "worksteal", "tests/faults"]
_SOAK = ["-s", "tests/faults/test_soak.py"]
_FUZZ = ["-m", "fuzz", "-n", "2"]
_BENCH = ["-m", "bench"]
_OTHER = "not compose and not faults and not fuzz and not bench"
_REST = ["-m", _OTHER, "-n", "2", "--dist", "loadfile"]  # files stay together
