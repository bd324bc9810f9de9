from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.errors import UserError
from db.engine import connect
from db.operators import Operator, PostgresOperators, Subscription

ANNA = Operator("Anna", "engineer", "Europe/Berlin", 11, [Subscription("telegram", "11")])


@pytest.fixture
def operators(database_url: str) -> Iterator[PostgresOperators]:
    engine: Engine = connect(database_url, "alerts")
    yield PostgresOperators(engine)
    engine.dispose()


def test_an_operator_is_kept_with_subscriptions(operators: PostgresOperators) -> None:
    operators.add(ANNA)
    assert operators.active() == [ANNA]


@pytest.mark.parametrize(
    ("second", "taken"),
    [
        (Operator("Anna", "operator", "UTC", None, []), "the name Anna"),
        (Operator("Ben", "operator", "UTC", 11, []), "the Telegram id 11"),
    ],
)
def test_a_name_and_a_telegram_id_belong_to_one_person(
    operators: PostgresOperators, second: Operator, taken: str
) -> None:
    operators.add(ANNA)
    with pytest.raises(UserError, match=taken):
        operators.add(second)
    assert operators.active() == [ANNA]


def test_a_removed_operator_can_be_added_again(operators: PostgresOperators) -> None:
    operators.add(ANNA)
    operators.remove("Anna")
    assert operators.active() == []
    operators.add(ANNA)
    assert operators.active() == [ANNA]


def test_an_unknown_operator_cannot_be_removed(operators: PostgresOperators) -> None:
    with pytest.raises(UserError, match="no operator named Nobody"):
        operators.remove("Nobody")


def test_a_machine_without_a_model_cannot_be_subscribed_to(operators: PostgresOperators) -> None:
    with pytest.raises(UserError, match="press is not in the database yet"):
        operators.add(Operator("Ben", "operator", "UTC", 12, [Subscription("telegram", "12", "press")]))
    assert operators.active() == []
