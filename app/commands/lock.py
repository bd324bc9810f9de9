"""`lock`: pin every requirement with its hashes."""

import subprocess
import sys

import click

from app.wiring import ROOT

_UV = [
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "./run lock"),
]
_FILES = {
    "requirements.txt": ["pyproject.toml"],
    "requirements-local.txt": ["--group", "local", "--constraint", "requirements.txt"],
    "requirements-dev.txt": ["--group", "dev", "--constraint", "requirements.txt", "-c", "requirements-local.txt"],
}


@click.command(short_help="Lock the requirements with hashes.")
@click.option("--upgrade", is_flag=True, help="To the newest versions; otherwise what is locked stays.")
def command(upgrade: bool) -> None:
    """Lock the requirements with hashes, for every Python and platform at once."""
    for file, source in _FILES.items():
        arguments = [*_UV, *source, "--output-file", file, *(["--upgrade"] if upgrade else [])]
        if subprocess.run([sys.executable, "-m", "uv", *arguments], cwd=ROOT, check=False).returncode:
            sys.exit(2)
        click.echo(f"locked {file}")
