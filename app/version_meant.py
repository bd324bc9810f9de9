"""The model version that a person means."""

from core.errors import UserError
from core.machine import Machine
from core.prediction import ModelVersion
from db.engine import Engine
from db.promotion_log import PostgresPromotionLog


def version_meant(engine: Engine, machine: Machine, number: int | None) -> ModelVersion:
    """That of this number, whether it exists or not; without a number the champion. UserError where there is none."""
    if number is not None:
        return ModelVersion(machine.name, number)
    champion = PostgresPromotionLog(engine, "").champion(machine.name)
    if champion is None:
        raise UserError(f"{machine.name} has no champion yet: ./run train {machine.name} --simulate")
    return champion
