"""Other passwords and keys for an installation in containers; wherever it dies, the next start goes on."""

from pathlib import Path

from app.keys import local_keys, replace_keys
from app.secret_files import EARLIER_OWNERS, GRAFANA, PASSWORDS, write_secret
from core.errors import UserError
from model.signature import TrustedKeys, make_key_pair

_OWNERS = {"owner", "s3"}
"""No process in service has these."""


def rotate_passwords(vault: Path) -> None:
    """Forget the password of every process, in the database and in the object store: handing out makes new ones."""
    for name in PASSWORDS:
        if name not in {*_OWNERS, *GRAFANA}:  # Grafana keeps its own
            (vault / f"{name}_password").unlink(missing_ok=True)


def rotate_owners(vault: Path) -> None:
    """Forget the passwords of the owners of database and object store: handing out makes new ones.

    The database knows the old one until `init` has set the new one, so that one is kept for `init` first.
    """
    kept, owner = vault / EARLIER_OWNERS, vault / "owner_password"
    earlier = kept.read_text(encoding="ascii") if kept.exists() else ""
    if owner.exists():
        write_secret(kept, f"{earlier}{owner.read_text(encoding='ascii')}\n")
    for name in _OWNERS:
        (vault / f"{name}_password").unlink(missing_ok=True)


def rotate_signing_key(vault: Path, *, forget_old: bool) -> None:
    """Another key to sign with. What the one before signed stays trusted, unless the old keys are to be forgotten."""
    old = local_keys(vault)
    private, public = make_key_pair()
    # Trusted before anything is signed with it; forgotten once nothing is.
    replace_keys(vault, old.signing_key, old.trusted_keys + public)
    replace_keys(vault, private, old.trusted_keys + public)
    if forget_old:
        replace_keys(vault, private, public)


def trust_too(vault: Path, file: Path) -> None:
    """Trust the public keys in this file too, as a backup has them. UserError where it holds none."""
    try:
        added = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--trust {file}: it cannot be read: {error}") from error
    try:
        TrustedKeys(added)
    except UserError as error:
        raise UserError(f"--trust {file}: it holds no Ed25519 public key in PEM") from error
    keys = local_keys(vault)
    if added not in keys.trusted_keys:
        replace_keys(vault, keys.signing_key, keys.trusted_keys + added)
