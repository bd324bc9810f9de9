"""A clean run: one consumer that nothing ever happens to, over the same log, into a database of its own."""

import subprocess

from tests.compose.installation import Installation
from tests.faults.reference import WHAT_MUST_BE_EQUAL
from tests.processes import wait_until

_STATES = "SELECT d.name, s.window_bits, s.normals, s.faults FROM {} s JOIN device d ON d.id = s.device ORDER BY 1"
_COMPARED = {
    **WHAT_MUST_BE_EQUAL,
    "device states": _STATES.format("device_state"),
    "sensor states": _STATES.format("sensor_state").replace("s.normals, s.faults", "s.faults"),
}
_READ = "SELECT topic, kafka_partition, next_offset FROM ingest_partition ORDER BY 1, 2"


def assert_as_a_clean_run(installation: Installation) -> None:
    """I3 and I4: readings, incidents, alerts and states equal those of a clean run.

    Only one version may have scored so far, and nothing may be published meanwhile.
    """
    installation.one("CREATE DATABASE reference")
    installation.beside("reference", "migrate")
    champion = (
        "pg_dump --username faultline --data-only --table machine --table model_version --table promotion faultline"
    )
    installation.inside("postgres", f"{champion} | psql --username faultline --quiet reference")
    alone = {"KAFKA_GROUP": "reference", "DATA_DIRECTORY": "/tmp/data", "METRICS_PORT": "0"}  # noqa: S108  # its container's own
    reading = installation.beside("reference", "consumer", detach=True, **alone)
    try:
        expected = installation.one(_READ)
        wait_until(lambda: installation.one(_READ, "reference") == expected, "the clean run has read all", 90, pause=1)
    finally:
        subprocess.run(["docker", "stop", "--time", "20", reading], check=True, capture_output=True)
    for what, query in _COMPARED.items():
        ours, clean = installation.one(query), installation.one(query, "reference")
        assert ours == clean, f"{what} differ from those of a clean run"
    assert installation.one(_COMPARED["readings"])
