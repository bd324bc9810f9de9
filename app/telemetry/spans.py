"""Spans of readings that raised an alert: only where OTEL_EXPORTER_OTLP_ENDPOINT names a collector."""

from app.settings import Settings
from core.errors import UserError
from core.ports.spans import Spans

_SETTING = "OTEL_EXPORTER_OTLP_ENDPOINT"


def spans_of(settings: Settings, process: str) -> Spans | None:
    """Where this process's spans go; None: nowhere, and nothing of OpenTelemetry is loaded.

    Raises UserError where it is to be used and is not installed.
    """
    endpoint = settings.otel_exporter_otlp_endpoint.rstrip("/")
    if not endpoint:
        return None
    try:
        from app.telemetry.otlp import OtlpSpans  # optional, and half a second
    except ModuleNotFoundError as error:
        raise UserError(
            f"{_SETTING} is set, and {error.name} is not installed: leave it empty, or"
            " .venv/bin/pip install --require-hashes -r requirements-spans.txt"
        ) from error
    return OtlpSpans(f"{endpoint}/v1/traces", process)
