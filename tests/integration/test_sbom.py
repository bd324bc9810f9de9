"""What ./run sbom makes is CycloneDX, by that standard's own schema."""

import msgspec
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from app.commands.sbom import bill_of_materials
from app.wiring import ROOT


def test_the_bill_of_materials_is_valid() -> None:
    bill = bill_of_materials((ROOT / "requirements.txt").read_text(encoding="ascii"))
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(msgspec.json.encode(bill).decode()) is None
    assert validator.validate_str(msgspec.json.encode({**bill, "components": [{}]}).decode()) is not None
