"""Our versions in MLflow: only where MLFLOW_TRACKING_URI names a server. What was missed is caught up with."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import click

from app.models import model_source, registry
from app.settings import Settings
from app.wiring import database
from core.errors import FaultlineError, ModelRefused, UserError
from core.machine import Machine
from core.mirrored import MirroredVersion, Standing
from core.ports.mirror import Mirror
from core.prediction import ModelVersion
from db.engine import Engine
from db.mirroring import PostgresMirroring
from model.bucket import Bucket
from model.mirrored import mirrored
from model.source import VerifiedModels

_log = logging.getLogger(__name__)
_SETTING = "MLFLOW_TRACKING_URI"
# What MLflow reads as it is imported: it tells nobody about us, prints nothing, and does not wait for minutes.
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_CONFIGURE_LOGGING": "false",
}


class CaughtUp(NamedTuple):
    """What was done about one machine's mirror."""

    machine: str
    added: Sequence[int]
    refused: Mapping[int, str]
    """Versions that cannot be shown, and why."""
    aliases: Mapping[str, int | None]


def mirror_of(settings: Settings) -> Mirror | None:
    """Where versions are shown; None: nowhere, and nothing of MLflow is loaded.

    Raises UserError where it is to be used and is not installed, or the URI is no server's.
    """
    uri = settings.mlflow_tracking_uri.rstrip("/")
    if not uri:
        return None
    if not uri.startswith(("http://", "https://")):  # perhaps other programs': it is to fail no command of ours
        raise UserError(f"{_SETTING} must begin with http:// or https://: versions are shown on an MLflow server")
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        from mirror.mlflow_mirror import MlflowMirror  # optional, and two seconds
    except ModuleNotFoundError as error:
        raise UserError(
            f"{_SETTING} is set, and {error.name} is not installed: leave it empty, or"
            " .venv/bin/pip install --require-hashes -r requirements-mlflow.txt"
            " (an image: docker compose build --build-arg MLFLOW=yes)"
        ) from error
    return MlflowMirror(uri)


def catch_up(machine: str, mirror: Mirror, standing: Standing, told: Callable[[int], MirroredVersion]) -> CaughtUp:
    """Show the versions that are missing, oldest first, then move the aliases. Raises Unavailable.

    `told`: what is shown of the version of that number; where it raises ModelRefused, the others are shown.
    """
    held = set(mirror.held(machine))
    added: list[int] = []
    refused: dict[int, str] = {}
    for name in standing.versions:
        if name in held:
            continue
        try:
            mirror.add(told(name.number))
        except ModelRefused as error:
            refused[name.number] = str(error)
        else:
            added.append(name.number)
    aliases = standing.aliases()
    if standing.versions:
        mirror.point(machine, aliases)
    return CaughtUp(machine, added, refused, {alias: name and name.number for alias, name in aliases.items()})


@dataclass(frozen=True, slots=True)
class Mirroring:
    """Brings the mirror of a machine to what the database and the bucket say."""

    mirror: Mirror
    kept: PostgresMirroring
    models: VerifiedModels
    bucket: Bucket

    def bring(self, machine: Machine) -> CaughtUp | None:
        """None: another process is at it. Raises Unavailable, Unauthorised, and UserError for a wrong bucket."""
        with self.kept.alone(machine.name) as alone:
            if not alone:
                return None
            standing = self.kept.standing(machine.name)
            return catch_up(machine.name, self.mirror, standing, lambda number: self._told(machine, number))

    def _told(self, machine: Machine, number: int) -> MirroredVersion:
        version = ModelVersion(machine.name, number)
        report = self.kept.report(version)
        html = None if report is None else self.bucket.newest(report.key)
        return mirrored(machine, self.models.manifest(machine, version), report and report.facts, html)


def mirroring(settings: Settings, engine: Engine) -> Mirroring | None:
    """None: no MLFLOW_TRACKING_URI. Raises UserError where that is wrong; no server was asked yet."""
    mirror = mirror_of(settings)
    if mirror is None:
        return None
    models = model_source(settings, engine)
    return Mirroring(mirror, PostgresMirroring(engine), models, registry(settings))


def show_in_mirror(settings: Settings, machine: Machine) -> None:
    """After something changed: whatever goes wrong is one line on stderr, and what was done stays done."""
    if not settings.mlflow_tracking_uri:
        return
    try:
        if found := mirroring(settings, database(settings, "trainer")):
            found.bring(machine)
    except FaultlineError as error:
        click.echo(f"not shown in MLflow: {error}; later: ./run models mirror {machine.name}", err=True)
    except Exception as error:  # noqa: BLE001  # a service to people: it fails no training and no promotion
        _log.debug("MLflow failed", exc_info=True)
        click.echo(f"not shown in MLflow ({_SETTING}): {error!r}; later: ./run models mirror {machine.name}", err=True)
