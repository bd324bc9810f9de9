"""`check`: what must be in order before a commit, in under a minute."""

import subprocess
import sys
import time
from pathlib import Path

import click

from app.wiring import ROOT

_STEPS = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["mypy"],
    "imports": ["lint-imports"],
    "unit tests": ["pytest", "-q", "-n", "2", "tests/unit"],
}


@click.command(short_help="Format, lint, types, import rules and unit tests.")
@click.option("--fix", is_flag=True, help="First reformat and mend what can be mended.")
def command(fix: bool) -> None:
    """Format, lint, types, import rules and unit tests; every step runs, whatever the others find."""
    if fix:
        _run(["ruff", "check", "--fix", "--quiet", "."])
        _run(["ruff", "format", "--quiet", "."])
    failed = []
    for name, arguments in _STEPS.items():
        began = time.monotonic()
        good = _run(arguments)
        click.echo(f"{'ok    ' if good else 'FAILED'} {name} ({time.monotonic() - began:.1f} s)")
        if not good:
            failed.append(name)
    if failed:
        sys.exit(1)


def _run(arguments: list[str]) -> bool:
    tool = Path(sys.executable).with_name(arguments[0])
    return subprocess.run([tool, *arguments[1:]], cwd=ROOT, check=False).returncode == 0
