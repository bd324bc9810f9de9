"""What an MLflow server shows, asked over its documented HTTP interface and not with MLflow's own client."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any


class MlflowView:
    """Reads."""

    def __init__(self, url: str) -> None:
        self._url = url

    def versions(self, machine: str) -> dict[str, dict[str, Any]]:
        """MLflow's own number of each version of the registered model, and what it says of it."""
        found = self._get("model-versions/search", filter=f"name='{machine}'")
        return {one["version"]: one for one in found.get("model_versions", [])}

    def version(self, machine: str, number: int) -> dict[str, Any]:
        """The one whose tag has our number."""
        (found,) = (one for one in self.versions(machine).values() if tags(one)["faultline.version"] == str(number))
        return found

    def aliases(self, machine: str) -> dict[str, int]:
        """Our number of the version that each alias points to; of a model that is not registered: none."""
        try:
            told = self._get("registered-models/get", name=machine)["registered_model"].get("aliases", [])
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return {}
        versions = self.versions(machine)
        return {one["alias"]: int(tags(versions[one["version"]])["faultline.version"]) for one in told}

    def run(self, run: str) -> dict[str, Any]:
        """All of a run."""
        return dict(self._get("runs/get", run_id=run)["run"])

    def runs(self, machine: str) -> list[dict[str, Any]]:
        """The machine's runs that nobody deleted."""
        experiment = self._get("experiments/get-by-name", experiment_name=machine)["experiment"]["experiment_id"]
        return list(self._post("runs/search", {"experiment_ids": [experiment]}).get("runs", []))

    def artifact(self, root: str, name: str) -> bytes:
        """A file below an artifact URI of the server's own (mlflow-artifacts:/…)."""
        path = urllib.parse.quote(f"{root.removeprefix('mlflow-artifacts:').strip('/')}/{name}")
        return self._asked(f"mlflow-artifacts/artifacts/{path}")

    def model_root(self, version: Mapping[str, Any]) -> str:
        """Where the files of a version's logged model lie."""
        model = version["source"].removeprefix("models:/")
        return str(self._get(f"logged-models/{model}")["model"]["info"]["artifact_uri"])

    def _get(self, what: str, **arguments: str) -> dict[str, Any]:
        query = urllib.parse.urlencode(arguments)
        return dict(json.loads(self._asked(f"mlflow/{what}?{query}")))

    def _post(self, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return dict(json.loads(self._asked(f"mlflow/{what}", json.dumps(body).encode())))

    def _asked(self, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}/api/2.0/{path}", body, headers)  # noqa: S310  # a test's server
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # a test's server
            return bytes(answer.read())


def tags(found: Mapping[str, Any]) -> dict[str, str]:
    """Of a version, or of the data of a run."""
    return {pair["key"]: pair["value"] for pair in found.get("tags", [])}
