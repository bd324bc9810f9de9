"""The keys of the trainer on this machine, made at first need."""

import os
from pathlib import Path
from typing import NamedTuple

from core.errors import UserError
from model.signature import make_key_pair

_PRIVATE, _PUBLIC = "signing.pem", "trusted.pem"


class Keys(NamedTuple):
    """A trainer's keys as PEM text: the first for it alone, the second for everybody."""

    signing_key: str
    trusted_keys: str


def local_keys(folder: Path) -> Keys:
    """The keys of this folder, made the first time. UserError where the folder cannot be used."""
    private, public = folder / _PRIVATE, folder / _PUBLIC
    try:
        if not public.exists():
            _make(folder)
        return Keys(private.read_text(encoding="ascii"), public.read_text(encoding="ascii"))
    except OSError as error:
        raise UserError(f"the signing keys in {folder} cannot be used: {error.strerror}") from error


def replace_keys(folder: Path, signing_key: str, trusted_keys: str) -> None:
    """Put these keys in place of the folder's, the one to sign with last: what it signs is trusted already."""
    _write(folder / _PUBLIC, trusted_keys, 0o644)
    _write(folder / _PRIVATE, signing_key, 0o600)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing_key, trusted_keys = make_key_pair()
    # The public key comes last: while it is absent, a pair that was only half written is made anew.
    _write(folder / _PRIVATE, signing_key, 0o600)
    _write(folder / _PUBLIC, trusted_keys, 0o644)


def _write(path: Path, content: str, mode: int) -> None:
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="ascii") as file:
        file.write(content)
    new.replace(path)
