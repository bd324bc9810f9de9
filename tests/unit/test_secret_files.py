import json
import re
from pathlib import Path

import pytest

from app.keys import Keys
from app.secret_files import PASSWORDS, Given, files_of_services, hand_out
from app.wiring import ROOT
from core.errors import UserError

SECRETS = {name: f"{name}'s" for name in PASSWORDS}
SERVICES = ("postgres", "object-store", "init", "consumer", "alerts", "page", "api", "prometheus", "grafana", "trainer")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folders as docker-compose.yml mounts them."""
    for name in ("vault", *SERVICES):
        (tmp_path / name).mkdir()
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_second_start_changes_nothing(folder: Path) -> None:
    hand_out(folder, Given())
    first = contents(folder)
    hand_out(folder, Given())
    assert contents(folder) == first


def test_what_a_crash_left_undone_is_done_at_the_next_start_with_the_same_passwords(folder: Path) -> None:
    hand_out(folder, Given())
    first = contents(folder)
    (folder / "consumer" / "database_url").unlink()
    (folder / "trainer" / "signing_key").unlink()
    hand_out(folder, Given())
    assert contents(folder) == first


def test_another_bot_token_replaces_the_one_before(folder: Path) -> None:
    hand_out(folder, Given("1:first"))
    hand_out(folder, Given("2:second"))
    assert (folder / "alerts" / "telegram_bot_token").read_text() == "2:second"


def test_no_two_passwords_are_alike(folder: Path) -> None:
    hand_out(folder, Given())
    passwords = [path.read_text() for path in (folder / "vault").glob("*_password")]
    assert len(set(passwords)) == len(passwords) == len(PASSWORDS)
    assert all(len(password) == 64 for password in passwords), "256 bits in hexadecimal"


def test_the_signing_key_is_the_trainers_alone() -> None:
    services = files_of_services(SECRETS, Keys("private", "public"), Given("token"))
    assert [name for name, files in services.items() if "private" in files.values()] == ["trainer"]
    assert {name for name, files in services.items() if "public" in files.values()} == {
        "init",
        "consumer",
        "alerts",
        "api",
        "trainer",
    }


def test_the_bot_token_is_the_alerts_process_alone() -> None:
    services = files_of_services(SECRETS, Keys("private", "public"), Given("token"))
    assert [name for name, files in services.items() if "token" in files.values()] == ["alerts"]


def test_services_for_engineers_are_known_to_those_who_tell_them_and_to_no_other() -> None:
    services = files_of_services(SECRETS, Keys("private", "public"), Given("", "slack://all", "slack://engineers"))
    assert [name for name, files in services.items() if "slack://all" in files.values()] == ["alerts"]
    assert [name for name, files in services.items() if "slack://engineers" in files.values()] == ["consumer", "alerts"]


def test_each_process_gets_the_password_of_its_own_login() -> None:
    services = files_of_services(SECRETS, Keys("private", "public"), Given())
    assert (
        services["consumer"]["database_url"]
        == "postgresql://faultline_consumer_login:consumer's@postgres:5432/faultline"
    )
    assert services["init"]["consumer_password"] == "consumer's"
    assert services["postgres"] == {"password": "owner's"}
    assert services["page"]["database_url"] == "postgresql://faultline_page_login:page's@postgres:5432/faultline"
    assert services["api"]["database_url"] == "postgresql://faultline_api_login:api's@postgres:5432/faultline"


def test_prometheus_and_the_page_know_each_other_and_nobody_else_knows_how() -> None:
    services = files_of_services(SECRETS, Keys("private", "public"), Given())
    assert [name for name, files in services.items() if "prometheus's" in files.values()] == ["page", "prometheus"]
    assert services["prometheus"] == {"prometheus_token": "prometheus's"}


def test_grafana_knows_its_own_login_and_nobody_elses() -> None:
    services = files_of_services(SECRETS, Keys("private", "public"), Given())
    assert services["grafana"] == {
        "database_password": "dashboards's",
        "admin_password": "grafana_admin's",
        "secret_key": "grafana_key's",
    }
    for secret in services["grafana"].values():
        known = [name for name, files in services.items() if secret in files.values()]
        assert known == (["init", "grafana"] if secret == "dashboards's" else ["grafana"])


def test_each_process_is_a_user_of_its_own_in_the_object_store_and_only_the_owner_may_do_everything() -> None:
    services = files_of_services(SECRETS, Keys("private", "public"), Given())
    users = {name: files["aws_access_key_id"] for name, files in services.items() if "aws_access_key_id" in files}
    assert users == {
        "init": "faultline",
        "consumer": "faultline-consumer",
        "alerts": "faultline-alerts",
        "api": "faultline-api",
        "trainer": "faultline-trainer",
    }
    assert [name for name, files in services.items() if "s3's" in files.values()] == ["object-store", "init"]
    for name in ("consumer", "alerts", "api", "trainer"):
        known = [service for service, files in services.items() if f"s3_{name}'s" in files.values()]
        assert sorted(known) == sorted(["object-store", name])


def test_what_the_users_of_the_object_store_may_do_is_to_read_and_for_the_trainer_to_add() -> None:
    script = (ROOT / "deploy" / "object-store" / "users.sh").read_text(encoding="utf-8")
    assert re.findall(r"^ensure faultline-(\w+) (\w+)$", script, re.MULTILINE) == [
        ("consumer", "reader"),
        ("alerts", "reader"),
        ("api", "reader"),
        ("trainer", "writer"),
    ]
    allowed = {policy: rights(policy) for policy in ("reader", "writer")}
    assert allowed["writer"] - allowed["reader"] == {"s3:PutObject"}
    assert all(right.startswith(("s3:Get", "s3:List")) for right in allowed["reader"]), allowed


def rights(policy: str) -> set[str]:
    document = json.loads((ROOT / "deploy" / "object-store" / f"{policy}.json").read_text(encoding="utf-8"))
    assert all(statement["Effect"] == "Allow" for statement in document["Statement"])
    return {action for statement in document["Statement"] for action in statement["Action"]}


def test_a_volume_that_is_not_mounted_is_named(folder: Path) -> None:
    (folder / "trainer").rmdir()
    with pytest.raises(UserError, match=r"trainer/.*mount a volume"):
        hand_out(folder, Given())
