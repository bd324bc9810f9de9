"""Any request that the API's own description allows, and many that it does not (Schemathesis)."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from core.api_key import Scope
from core.severity import Severity
from core.shown_devices import ShownDevice
from core.shown_incidents import ShownIncident
from tests.api_rig import ApiRig
from tests.builders import NOON
from tests.fake_reading_log import PRESS, kept

_RIG = ApiRig()
# What the description's own examples ask for is there.
_RIG.devices.shown = [ShownDevice("equipment", "pump-7", NOON, 0.97, in_trouble=True)]
_RIG.readings.machines["equipment"] = PRESS
_RIG.readings.pieces = [kept(range(3))]
_RIG.incidents.known["equipment"] = [ShownIncident(1, "pump-7", "fault", NOON, None, Severity.LOW, 0.97, 3, 1, None)]
_KEY = {"Authorization": f"Bearer {_RIG.keys.offer(*Scope)}"}
_SCHEMA = schemathesis.openapi.from_dict(_RIG.app.openapi())
_SCHEMA.app = _RIG.app
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]


@_SCHEMA.parametrize()
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described_and_no_request_breaks_it_or_goes_round_its_key(case: Case[Any]) -> None:
    case.call_and_validate(headers=_KEY, checks=_CHECKS)
