"""core.ports.mirror.Mirror on an MLflow server. MLflow is optional, and imported here alone."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, Schema

from core.errors import Unavailable
from core.mirrored import MirroredName, MirroredVersion

_NUMBER, _SHA256 = "faultline.version", "faultline.sha256"
_DIGEST = 36
"""Characters of a data set's digest that MLflow takes."""
_VALUE = 5000
"""And of a tag's value."""


class MlflowMirror:
    """A machine is an experiment and a registered model; a version is a run, a logged model and a model version."""

    def __init__(self, uri: str) -> None:
        """`uri`: http[s]://[user:password@]host[:port]; the server takes artifacts itself, as MLflow's does."""
        self._uri = uri
        self._client = MlflowClient(uri, registry_uri=uri)

    def held(self, machine: str) -> Collection[MirroredName]:
        """Those that the registered model has under our tags. Raises Unavailable."""
        with self._named():
            return self._versions(machine).keys()

    def add(self, told: MirroredVersion) -> None:
        """Run and model first: a model version that is there is whole. Raises Unavailable."""
        with self._named():
            experiment = self._experiment(told.version.machine)
            self._forget(experiment, told)
            run = self._run(experiment, told)
            model = self._model(experiment, run, told)
            self._register(run, model, told)

    def point(self, machine: str, aliases: Mapping[str, MirroredName | None]) -> None:
        """One request for each alias that has to move. Raises Unavailable."""
        with self._named():
            versions = self._versions(machine)
            if not versions:
                return
            now = self._client.get_registered_model(machine).aliases
            for alias, name in aliases.items():
                wanted = None if name is None else versions.get(name)
                if wanted is None:
                    if alias in now:
                        self._client.delete_registered_model_alias(machine, alias)
                elif str(now.get(alias)) != wanted:
                    self._client.set_registered_model_alias(machine, alias, wanted)

    def _versions(self, machine: str) -> dict[MirroredName, str]:
        """Each version of ours, and MLflow's own number of it."""
        found, page = {}, None
        while True:
            some = self._client.search_model_versions(f"name='{machine}'", page_token=page)
            for one in some:
                if one.tags.get(_NUMBER, "").isdecimal():
                    found[MirroredName(int(one.tags[_NUMBER]), one.tags.get(_SHA256, ""))] = str(one.version)
            page = some.token
            if not page:
                return found

    def _experiment(self, machine: str) -> str:
        found = self._client.get_experiment_by_name(machine)
        if found is None:
            return str(self._client.create_experiment(machine))
        if found.lifecycle_stage != "active":
            self._client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _forget(self, experiment: str, told: MirroredVersion) -> None:
        """Runs that ended before their model version was made."""
        mine = f"tags.`{_NUMBER}` = '{told.version.number}' AND tags.`{_SHA256}` = '{told.sha256}'"
        for run in self._client.search_runs([experiment], mine):
            begun = f"source_run_id = '{run.info.run_id}'"
            for model in self._client.search_logged_models([experiment], begun):
                self._client.delete_logged_model(model.model_id)
            self._client.delete_run(run.info.run_id)

    def _run(self, experiment: str, told: MirroredVersion) -> str:
        at = _milliseconds(told)
        tags = {**_tags(told), "mlflow.user": told.created_by, "mlflow.note.content": told.note[:_VALUE]}
        run = str(self._client.create_run(experiment, at, tags, str(told.version)).info.run_id)
        self._client.log_batch(
            run,
            metrics=[Metric(name, value, at, 0) for name, value in told.metrics.items()],
            params=[Param(name, value) for name, value in told.parameters.items()],
        )
        base = Dataset(told.base.key, told.base.sha256[:_DIGEST], "s3", json.dumps(told.base._asdict()))
        self._client.log_inputs(run, [DatasetInput(base, [InputTag("mlflow.data.context", "training")])])
        with _folder(told.report_files) as folder:
            self._client.log_artifacts(run, str(folder))
        return run

    def _model(self, experiment: str, run: str, told: MirroredVersion) -> str:
        """Described, without a flavor: its bytes stay in our bucket, so nothing can be loaded from here."""
        model = self._client.create_logged_model(
            experiment, str(told.version).replace(" ", "-"), run, _tags(told), dict(told.parameters), told.task
        )
        described = Model(
            artifact_path=model.artifact_location,
            run_id=run,
            model_id=model.model_id,
            model_uuid=model.model_id,
            signature=_signature(told),
            metadata=_tags(told),
        )
        with _folder(told.model_files) as folder:
            described.save(str(folder / "MLmodel"))
            self._client.log_model_artifacts(model.model_id, str(folder))
        self._client.finalize_logged_model(model.model_id, "READY")
        self._client.log_outputs(run, [LoggedModelOutput(model.model_id, 0)])
        self._client.set_terminated(run, end_time=_milliseconds(told))
        return str(model.model_id)

    def _register(self, run: str, model: str, told: MirroredVersion) -> None:
        machine = told.version.machine
        try:
            self._client.create_registered_model(machine)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        self._client.create_model_version(
            machine, f"models:/{model}", run, _tags(told), description=told.note, await_creation_for=0, model_id=model
        )

    @contextmanager
    def _named(self) -> Iterator[None]:
        """MLflow's errors, and those of the HTTP library below it, without a password, as one line."""
        try:
            yield
        except (MlflowException, OSError) as error:
            address = _address(self._uri)
            why = _why(error).replace(self._uri, address)
            raise Unavailable(f"MLFLOW_TRACKING_URI ({address}) takes nothing: {why}") from error


def _why(error: BaseException) -> str:
    """In one line; MLflow wraps the HTTP library's errors, which tell of its inside."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and getattr(cause, "response", None) is None:
            return "no server answers there"
        cause = cause.__cause__ or cause.__context__
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def _tags(told: MirroredVersion) -> dict[str, str]:
    own = {_NUMBER: str(told.version.number), _SHA256: told.sha256, "faultline.created_by": told.created_by}
    return own | {f"faultline.{name}": value[:_VALUE] for name, value in told.lineage.items()}


def _signature(told: MirroredVersion) -> ModelSignature:
    inputs = [ColSpec("double", name, required=needed) for name, needed in told.inputs.items()]
    return ModelSignature(Schema(inputs), Schema([ColSpec(kind, name) for name, kind in told.outputs.items()]))


def _milliseconds(told: MirroredVersion) -> int:
    return int(told.created_at.timestamp() * 1000)


def _address(uri: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


@contextmanager
def _folder(files: Mapping[str, bytes]) -> Iterator[Path]:
    with TemporaryDirectory(prefix="faultline-mirror-") as name:
        for file, content in files.items():
            path = Path(name) / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        yield Path(name)
