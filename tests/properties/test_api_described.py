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
from tests.api_rig import ApiRig

_RIG = ApiRig()
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
