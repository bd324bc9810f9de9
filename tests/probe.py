"""Asks a real process how it is, as Prometheus and a load balancer do."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from local.ports import choose
from tests.processes import PATIENCE_S, wait_until


class Probe:
    """Of the one process that is started with its settings."""

    def __init__(self) -> None:
        port = choose(["metrics"], {}, {})["metrics"]
        self.settings = {"METRICS_PORT": str(port)}
        self._url = f"http://127.0.0.1:{port}"

    def ask(self, path: str) -> tuple[int, str]:
        """Status and text; (0, "") while nobody listens."""
        try:
            answer = httpx.get(f"{self._url}{path}", timeout=PATIENCE_S)
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.text

    def post(self, path: str, body: object, token: str) -> int:
        """The status of what is answered to this JSON."""
        return httpx.post(f"{self._url}{path}", json=body, headers={"Authorization": f"Bearer {token}"}).status_code

    def wait_until_ready_says(self, words: str) -> None:
        """`ready`, or what it is not ready for."""
        expected = (200 if words == "ready" else 503, f"{words}\n")
        wait_until(lambda: self.ask("/health/ready") == expected, f"/health/ready says {words!r}")

    def wait_until_metric(self, value: float, name: str, **labels: str) -> None:
        """Wait until the sample has this value: what the database shows is counted a moment later."""

        def found() -> bool:
            try:
                return self.metric(name, **labels) == value
            except KeyError:  # nothing of it was counted yet
                return False

        wait_until(found, f"{name} is {value:g}")

    def metric(self, name: str, **labels: str) -> float:
        """The sample's value. KeyError where it is not served."""
        samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.ask("/metrics")[1])
            for sample in family.samples
        }
        return samples[name, *sorted(labels.items())]
