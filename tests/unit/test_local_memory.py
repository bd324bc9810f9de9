from pathlib import Path

import pytest

from core.errors import UserError
from local.downloads import PINS, parse_pins
from local.object_store import has_room
from local.remembered import Remembered, load, save, with_ports
from local.server import telling
from local.stack import Ports


def test_every_pinned_jar_has_a_hash_and_a_name_of_its_own() -> None:
    jars = parse_pins(PINS.read_text())
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in jars)
    assert len({jar.file_name for jar in jars}) == len(jars)


def test_the_broker_and_a_place_for_its_log_are_pinned() -> None:
    names = {jar.artifact for jar in parse_pins(PINS.read_text())}
    assert {"kafka_2.13", "kafka-clients", "slf4j-simple"} <= names


def test_a_pin_is_a_hash_and_coordinates() -> None:
    (jar,) = parse_pins("ab12  org.apache.kafka:kafka_2.13:4.3.1\n")
    assert (jar.sha256, jar.group, jar.file_name) == ("ab12", "org.apache.kafka", "kafka_2.13-4.3.1.jar")


def test_ports_left_at_zero_are_ours_to_choose() -> None:
    assert Ports(postgres=5432).configured() == {"Postgres": 5432}


def test_secrets_do_not_show_in_a_representation() -> None:
    remembered = Remembered()
    shown = repr(remembered)
    assert remembered.postgres_password not in shown
    assert remembered.s3_secret_access_key not in shown


def test_new_ports_keep_the_credentials() -> None:
    before = Remembered()
    after = with_ports(before, {"Kafka": 9092})
    assert after.ports == {"Kafka": 9092}
    assert after.postgres_password == before.postgres_password


def test_what_is_remembered_is_read_back_and_is_for_its_owner_only(tmp_path: Path) -> None:
    remembered = with_ports(Remembered(), {"Kafka": 9092})
    save(tmp_path / "stack.json", remembered)
    assert load(tmp_path / "stack.json") == remembered
    assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600


def test_nothing_remembered_makes_new_credentials(tmp_path: Path) -> None:
    first, second = load(tmp_path / "stack.json"), load(tmp_path / "stack.json")
    assert first.postgres_password != second.postgres_password


def test_an_object_store_without_a_volume_server_has_no_room() -> None:
    assert not has_room({"Topology": {"Max": 0}})
    assert not has_room({})
    assert has_room({"Topology": {"Max": 3}})


def test_the_errors_of_a_log_tell_more_than_its_end() -> None:
    log = [
        "starting",
        "[main] ERROR Exiting",
        "java.net.BindException: Address in use",
        "\tat java.base/bind",
        "",
        "bye",
    ]
    assert telling(log) == "[main] ERROR Exiting | java.net.BindException: Address in use"


def test_the_end_of_a_log_without_errors_is_told() -> None:
    assert telling(["one", "two", " three ", "four"]) == "two | three | four"
    assert telling([]) == ""


def test_a_damaged_memory_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{broken")
    with pytest.raises(UserError, match=r"stack\.json.* is damaged"):
        load(tmp_path / "stack.json")
