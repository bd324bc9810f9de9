"""Framed messages are checked by the schemas that they name, where a Schema Registry knows them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from app.machines import load_machines
from app.wiring import ROOT
from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from consumer.schema_registry import Schemas
from core.batch import Batch
from core.errors import Unavailable, UserError
from core.json_schema import json_schema
from core.ports.stream import TopicPartition
from producer.schema_registry import schema_number
from tests.builders import a_machine, fetched
from tests.clock import Clock
from tests.fake_schema_registry import FakeSchemaRegistry
from tests.older_pcs import DEVICES, messages

MACHINES = load_machines(ROOT / "machines")
PC = MACHINES["pc1"]
HERE = TopicPartition("pc1", 0)
STRICTER = {"type": "object", "properties": {"TemperatureCPUPackage": {"type": "number", "maximum": 90}}}


@pytest.fixture
def registry() -> FakeSchemaRegistry:
    return FakeSchemaRegistry()


@pytest.fixture
def url(registry: FakeSchemaRegistry) -> Iterator[str]:
    with registry.serving() as found:
        yield found


def a_message(schema: int = 3, **changes: float | str) -> bytes:
    ((_, value),) = messages(DEVICES[0], 1, datetime(2026, 3, 1, tzinfo=UTC), Random(1), changes)
    return b"\0" + schema.to_bytes(4) + value[5:]


def decoded(schemas: Schemas, *values: bytes | None) -> Batch:
    schemas.learn(values)
    return Decoder(PC, schemas.check).decode(fetched(values, topic="pc1"), {HERE: 0}, {HERE: RecentIds()})


def reasons(batch: Batch) -> list[str]:
    return [letter.reason for letter in batch.dead_letters]


def test_a_message_is_checked_by_the_schema_that_it_names(registry: FakeSchemaRegistry, url: str) -> None:
    registry.knows(3, STRICTER)
    registry.knows(4, {})
    hot = {"TemperatureCPUPackage": 95.0}
    schemas = Schemas(url)
    assert reasons(decoded(schemas, a_message(3), a_message(4, **hot))) == []
    (why,) = reasons(decoded(schemas, a_message(3, **hot)))
    assert why.startswith("schema 3: 95.0 is greater than the maximum of 90")
    assert why.endswith("at `$.TemperatureCPUPackage`")


def test_a_schema_is_asked_for_once(registry: FakeSchemaRegistry, url: str) -> None:
    registry.knows(3, STRICTER)
    schemas = Schemas(url)
    for _ in range(3):
        decoded(schemas, a_message(), a_message(), None, b"\1", b"")
    assert registry.asked == ["/schemas/ids/3"]


def test_a_message_whose_schema_nobody_knows_is_a_dead_letter_and_the_registry_is_asked_again_later(
    registry: FakeSchemaRegistry, url: str
) -> None:
    clock = Clock()
    schemas = Schemas(url, lambda: clock.now)
    assert reasons(decoded(schemas, a_message())) == ["schema 3 is not in the registry"]
    registry.knows(3, STRICTER)
    clock.now += 30
    assert reasons(decoded(schemas, a_message())) == ["schema 3 is not in the registry"]
    clock.now += 31
    assert reasons(decoded(schemas, a_message())) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"schema": '"string"'}, "schema 3 is AVRO, not JSON Schema"),
        ({"schemaType": "JSON", "schema": "{"}, "schema 3 cannot be used: "),
        ({"schemaType": "JSON", "schema": '{"type": "objekt"}'}, "schema 3 cannot be used: "),
        ({"schemaType": "JSON", "schema": '{"$ref": "http://127.0.0.1:9/other"}'}, "schema 3 cannot be used: "),
    ],
)
def test_a_schema_that_cannot_be_used_says_why(
    registry: FakeSchemaRegistry, url: str, said: dict[str, Any], why: str
) -> None:
    registry.schemas[3] = said
    (found,) = reasons(decoded(Schemas(url), a_message()))
    assert found.startswith(why)


def test_a_registry_that_is_away_or_lets_us_not_in_is_to_be_asked_again() -> None:
    registry = FakeSchemaRegistry(login="ann:s€cret/")
    registry.knows(3, STRICTER)
    with registry.serving() as url:
        with pytest.raises(Unavailable, match=r"SCHEMA_REGISTRY_URL\) answers with 401"):
            Schemas(url).learn([a_message()])
        with_login = url.replace("://", "://ann:s%E2%82%ACcret%2F@")
        assert reasons(decoded(Schemas(with_login), a_message())) == []
        assert schema_number(with_login, PC) == 4
    with pytest.raises(Unavailable, match="is away: "):
        Schemas(url).learn([a_message()])
    with pytest.raises(Unavailable, match="is away: "):
        schema_number(url, PC)


def test_the_producer_takes_the_newest_schema_of_its_topic_and_gives_the_registry_one_where_there_is_none(
    registry: FakeSchemaRegistry, url: str
) -> None:
    assert schema_number(f"{url}/", PC) == 1
    assert json.loads(str(registry.schemas[1]["schema"])) == json_schema(PC)
    assert registry.schemas[1]["schemaType"] == "JSON"
    assert schema_number(url, PC) == 1, "it is there now"
    registry.subjects["pc1-value"] = 7
    assert schema_number(url, PC) == 7
    with pytest.raises(UserError, match="correct SCHEMA_REGISTRY_URL"):
        schema_number(f"{url}/elsewhere", PC)


@pytest.mark.parametrize("device", DEVICES, ids=[device.name for device in DEVICES])
def test_the_schema_that_we_give_takes_the_older_systems_messages(
    registry: FakeSchemaRegistry, url: str, device: Any
) -> None:
    machine = MACHINES[device.name]
    registry.knows(3, json_schema(machine))
    schemas = Schemas(url)
    values = [value for _, value in messages(device, 20, datetime(2026, 3, 1, tzinfo=UTC), Random(1))]
    schemas.learn(values)
    for value in values:
        schemas.check(3, value[5:])


def test_the_schema_of_a_nested_message_has_its_sensors_in_an_object() -> None:
    assert json_schema(a_machine()) == {
        "title": "press",
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "UUID"},
            "device": {"type": "string"},
            "time": {"type": "string", "description": "RFC 3339"},
            "sensors": {
                "type": "object",
                "properties": {
                    "temperature": {"type": "number", "description": "°C"},
                    "pressure": {"type": "number", "description": "bar"},
                },
                "required": ["temperature"],
            },
        },
        "required": ["id", "device", "time", "sensors"],
    }
