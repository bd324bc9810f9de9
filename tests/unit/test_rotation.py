"""Passwords and keys are replaced while models that older keys signed go on serving."""

from pathlib import Path

import click.testing
import pytest

from app.cli import main
from app.keys import Keys, local_keys
from app.rotation import rotate_owners, rotate_passwords, rotate_signing_key, trust_too
from app.secret_files import PASSWORDS, Given, files_of_services, hand_out
from core.errors import ModelRefused, UserError
from model.signature import Signer, TrustedKeys, make_key_pair

SECRETS = {name: name for name in PASSWORDS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("vault", *files_of_services(SECRETS, Keys("", ""), Given())):
        (tmp_path / name).mkdir()
    hand_out(tmp_path, Given())
    return tmp_path


@pytest.fixture
def vault(folder: Path) -> Path:
    return folder / "vault"


def opens(keys: Keys, signed: bytes) -> bool:
    try:
        return TrustedKeys(keys.trusted_keys).open(signed) == b"a manifest"
    except ModelRefused:
        return False


def passwords(vault: Path) -> dict[str, str]:
    return {name: (vault / f"{name}_password").read_text() for name in PASSWORDS}


def test_what_the_old_key_signed_is_still_trusted_and_the_new_one_signs(vault: Path) -> None:
    old = local_keys(vault)
    rotate_signing_key(vault, forget_old=False)
    new = local_keys(vault)
    assert new.signing_key != old.signing_key
    signed_before, signed_now = (Signer(keys.signing_key).sign(b"a manifest") for keys in (old, new))
    assert opens(new, signed_before)
    assert opens(new, signed_now)
    assert not opens(old, signed_now)


def test_what_a_forgotten_key_signed_is_refused(vault: Path) -> None:
    old = local_keys(vault)
    rotate_signing_key(vault, forget_old=False)
    rotate_signing_key(vault, forget_old=True)
    new = local_keys(vault)
    assert not opens(new, Signer(old.signing_key).sign(b"a manifest"))
    assert opens(new, Signer(new.signing_key).sign(b"a manifest"))


@pytest.mark.parametrize("forget_old", [True, False])
@pytest.mark.parametrize("after", range(1, 7))
def test_wherever_a_rotation_dies_what_is_signed_is_trusted(
    vault: Path, monkeypatch: pytest.MonkeyPatch, after: int, forget_old: bool
) -> None:
    before = local_keys(vault)
    written, replace = 0, Path.replace

    def dying(self: Path, target: Path) -> Path:
        nonlocal written
        written += 1
        if written == after:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dying)
        try:
            rotate_signing_key(vault, forget_old=forget_old)
        except KeyboardInterrupt:
            assert written == after
    keys = local_keys(vault)
    assert opens(keys, Signer(keys.signing_key).sign(b"a manifest"))
    assert keys.signing_key != before.signing_key or opens(keys, Signer(before.signing_key).sign(b"a manifest"))


def test_each_process_gets_another_password_and_the_owners_keep_theirs(folder: Path, vault: Path) -> None:
    before, keys = passwords(vault), local_keys(vault)
    rotate_passwords(vault)
    hand_out(folder, Given())
    kept = {name for name, password in passwords(vault).items() if password == before[name]}
    assert kept == {"owner", "s3", "grafana_admin", "grafana_key"}
    assert local_keys(vault) == keys
    assert passwords(vault)["consumer"] in (folder / "consumer" / "database_url").read_text()
    assert (folder / "init" / "consumer_password").read_text() == passwords(vault)["consumer"]


def test_the_owners_get_other_passwords_and_init_learns_the_one_that_the_database_still_knows(
    folder: Path, vault: Path
) -> None:
    before = passwords(vault)
    rotate_owners(vault)
    hand_out(folder, Given())
    after = passwords(vault)
    assert {name for name in PASSWORDS if after[name] != before[name]} == {"owner", "s3"}
    init = folder / "init"
    assert (init / "owner_passwords_before").read_text().split() == [before["owner"]]
    assert after["owner"] in (init / "database_url").read_text()
    assert (init / "aws_secret_access_key").read_text() == after["s3"]
    assert (folder / "object-store" / "password").read_text() == after["s3"]
    assert before["owner"] not in "".join(
        file.read_text() for file in folder.rglob("*") if file.is_file() and file.parent.name not in ("vault", "init")
    )


def test_an_owner_whose_password_is_replaced_twice_before_init_ran_is_still_known(folder: Path, vault: Path) -> None:
    first = passwords(vault)["owner"]
    rotate_owners(vault)
    hand_out(folder, Given())
    second = passwords(vault)["owner"]
    rotate_owners(vault)
    hand_out(folder, Given())
    assert (folder / "init" / "owner_passwords_before").read_text().split() == [first, second]


@pytest.mark.parametrize("after", [1, 2])
def test_wherever_a_rotation_of_the_owners_dies_the_databases_password_is_known(
    folder: Path, vault: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    known, removed, unlink = passwords(vault)["owner"], 0, Path.unlink

    def dying(self: Path, missing_ok: bool = False) -> None:
        nonlocal removed
        removed += 1
        if removed == after:
            raise KeyboardInterrupt
        unlink(self, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", dying)
        with pytest.raises(KeyboardInterrupt):
            rotate_owners(vault)
    hand_out(folder, Given())
    init = folder / "init"
    assert known in (init / "database_url").read_text() + (init / "owner_passwords_before").read_text()


def test_the_public_keys_of_a_backup_are_trusted_again(vault: Path, tmp_path: Path) -> None:
    private, public = make_key_pair()
    file = tmp_path / "trusted_keys.pem"
    file.write_text(public)
    for _ in range(2):
        trust_too(vault, file)
    keys = local_keys(vault)
    assert opens(keys, Signer(private).sign(b"a manifest"))
    assert opens(keys, Signer(keys.signing_key).sign(b"a manifest"))
    assert keys.trusted_keys.count("BEGIN PUBLIC KEY") == 2


@pytest.mark.parametrize("content", ["", "-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----\n"])
def test_a_file_without_a_public_key_is_named(vault: Path, tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.pem"
    file.write_text(content)
    with pytest.raises(UserError, match=r"--trust .*keys\.pem: it holds no Ed25519 public key"):
        trust_too(vault, file)
    with pytest.raises(UserError, match=r"--trust .*absent: it cannot be read"):
        trust_too(vault, tmp_path / "absent")


def test_the_command_hands_the_new_key_to_the_trainer_and_the_old_public_one_to_all(
    folder: Path, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.set_up_logging", lambda *_: None)
    old = local_keys(vault)
    shell = click.testing.CliRunner()
    assert shell.invoke(main, ["secrets", str(folder), "--rotate", "signing-key"]).exit_code == 0
    assert (folder / "trainer" / "signing_key").read_text() == local_keys(vault).signing_key != old.signing_key
    assert old.trusted_keys.strip() in (folder / "consumer" / "trusted_keys").read_text()
    refused = shell.invoke(main, ["secrets", str(folder), "--rotate", "passwords", "--forget-old-keys"])
    assert isinstance(refused.exception, UserError)
