"""Fuzzes the check of signed manifests: only what a trusted trainer signed is opened, all else is refused."""

import base64
import json
import sys

import atheris

with atheris.instrument_imports(include=["model", "msgspec"]):
    from model.signature import Signer, TrustedKeys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from core.errors import ModelRefused

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer(_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
KEYS = TrustedKeys(_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
MANIFEST = b'{"machine":"press","number":7}'
SIGNED = SIGNER.sign(MANIFEST)
FIELDS = json.loads(SIGNED)


def fuzz(data: bytes) -> None:
    opened(data)
    for field in FIELDS:
        opened(json.dumps(FIELDS | {field: base64.b64encode(data).decode()}).encode())
        opened(json.dumps(FIELDS | {field: data.decode("latin-1")}).encode())


def opened(file: bytes) -> None:
    try:
        manifest = KEYS.open(file)
    except ModelRefused:
        return
    assert manifest == MANIFEST, "nobody signed this"
    assert KEYS.open(SIGNER.sign(manifest)) == manifest


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()
