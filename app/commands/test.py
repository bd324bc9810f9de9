"""`test`: run the tests, by tier."""

import os
import shutil
import sys
from pathlib import Path

import click

from app.new_file import NewFile
from app.ranges import Amount
from app.wiring import ROOT
from core.errors import UserError


@click.command(
    short_help="Run the tests.",
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
)
@click.option("--compose", is_flag=True, help="The stack in containers instead (needs Docker).")
@click.option("--long", is_flag=True, help="With --compose: also what takes half an hour.")
@click.option("--faults", is_flag=True, help="The faults instead: servers and processes that break under load.")
@click.option("--fuzz", is_flag=True, help="The fuzzing instead: any bytes at the decoder and the signature check.")
@click.option("--bench", is_flag=True, help="The benches instead, each quickly: that they measure.")
@click.option("--browser", is_flag=True, help="The page instead, in a real browser (needs Chromium).")
@click.option("--spark", is_flag=True, help="Files on a Spark cluster of two workers instead.")
@click.option("--mlflow", is_flag=True, help="Versions on an MLflow server instead, in an environment of its own.")
@click.option("--airflow", is_flag=True, help="The example for Airflow instead, in an environment of its own.")
@click.option("--helm", is_flag=True, help="The Helm chart instead (needs Helm).")
@click.option("--screenshots", type=click.Path(path_type=Path), metavar="DIR", help="Take the page's pictures.")
@click.option("--soak", type=Amount(0, min_open=True), metavar="MINUTES", help="Mix faults at random.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the soak.")
@click.option("--report", type=NewFile(), help="Write the soak's report there, as JSON.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(
    compose: bool,
    long: bool,
    faults: bool,
    fuzz: bool,
    bench: bool,
    browser: bool,
    spark: bool,
    mlflow: bool,
    airflow: bool,
    helm: bool,
    screenshots: Path | None,
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
    if long and not compose:
        raise UserError("--long is of the stack in containers: write --compose --long")
    if screenshots and not browser:
        raise UserError("--screenshots come out of a browser: write --browser --screenshots DIR")
    told = {"SOAK_SEED": str(seed)}
    told |= {"SOAK_MINUTES": str(soak)} if soak else {}
    told |= {"SOAK_REPORT": str(report.absolute())} if report else {}
    told |= {"SCREENSHOTS": str(screenshots.absolute())} if screenshots else {}
    told |= {"CHROMIUM": _chromium()} if browser else {}
    os.chdir(ROOT)
    tiers = (
        *((long, _COMPOSE_LONG), (compose, _COMPOSE), (soak, _SOAK), (faults, _FAULTS), (fuzz, _FUZZ), (bench, _BENCH)),
        *((screenshots, _SCREENSHOTS), (browser, _BROWSER), (spark, _SPARK), (mlflow, _MLFLOW)),
        *((airflow, _AIRFLOW), (helm, _HELM)),
    )
    tier = next((tier for wanted, tier in tiers if wanted), _REST)
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *tier, *pytest_arguments], {**os.environ, **told})


def _chromium() -> str:
    """Where the system's browser is. UserError where there is none."""
    wanted = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [wanted] if wanted else _BROWSERS)), None)
    if found is None:
        missing = f"CHROMIUM={wanted} is no program" if wanted else "no Chromium was found"
        raise UserError(f"{missing}: install it (Debian: apt install chromium), or name it with CHROMIUM=/path/to/it")
    return found


_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_COMPOSE = ["-m", "compose"]
_COMPOSE_LONG = ["-m", "compose or compose_long", "tests/compose"]
# Most tests wait for servers and processes, so two at a time share even one core well. A worker has its own servers.
_FAULTS = ["-m", "faults", "-n", "2", "--dist", "worksteal", "tests/faults"]
_SOAK = ["-s", "tests/faults/test_soak.py"]
_FUZZ = ["-m", "fuzz", "-n", "2"]
_BENCH = ["-m", "bench"]
_BROWSER = ["-m", "browser", "tests/browser"]
_SCREENSHOTS = ["-s", "tests/browser/screenshots.py"]
_SPARK = ["-m", "spark"]
_MLFLOW = ["-m", "mlflow"]
_AIRFLOW = ["-m", "airflow", "tests/integration"]
_HELM = ["-m", "helm", "tests/helm"]
_APART = ("compose", "compose_long", "faults", "fuzz", "bench", "browser", "helm", "spark", "mlflow", "airflow")
_OTHER = " and ".join(f"not {tier}" for tier in _APART)
# Files stay together. A worker that died is not started anew: pytest-xdist would then wait for ever at the end.
_REST = ["-m", _OTHER, "-n", "2", "--dist", "loadfile", "--max-worker-restart", "0"]
