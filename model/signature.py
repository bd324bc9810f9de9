"""Signatures of manifests (Ed25519): trainers sign, consumers hold public keys only."""

import base64
import hashlib
import re
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from msgspec import Struct

from core.errors import ModelRefused, UserError

# A signature for one purpose must not be valid for another.
_PURPOSE = b"faultline manifest v1\n"
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


class _SignedFile(Struct, frozen=True, forbid_unknown_fields=True):
    manifest: str
    """Base64 of the very bytes that were signed."""
    signature: str
    key_id: str


class Signer:
    """Signs with a trainer's private key (PEM). Raises UserError where that is none."""

    def __init__(self, private_pem: str) -> None:
        try:
            key = load_pem_private_key(private_pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UserError("SIGNING_KEY is no private key in PEM: without it no model can be published") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UserError("SIGNING_KEY is not an Ed25519 key: make one with `openssl genpkey -algorithm ed25519`")
        self._key = key

    def sign(self, manifest: bytes) -> bytes:
        """The file that holds the manifest, its signature and the key's id."""
        signed = _SignedFile(
            base64.b64encode(manifest).decode(),
            base64.b64encode(self._key.sign(_PURPOSE + manifest)).decode(),
            _key_id(self._key.public_key()),
        )
        return msgspec.json.encode(signed)


class TrustedKeys:
    """The trainers that we believe: public keys (PEM), one after the other. Raises UserError where there is none."""

    def __init__(self, public_pems: str) -> None:
        self._keys: Mapping[str, Ed25519PublicKey] = dict(map(_public_key, _PEM.findall(public_pems)))
        if not self._keys:
            raise UserError("TRUSTED_KEYS holds no public key in PEM: no model can be verified, so none is loaded")

    def open(self, signed_file: bytes) -> bytes:
        """The manifest's bytes, once their signature is proven. Raises ModelRefused."""
        try:
            signed = msgspec.json.decode(signed_file, type=_SignedFile)
            manifest = base64.b64decode(signed.manifest, validate=True)
            signature = base64.b64decode(signed.signature, validate=True)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:  # base64 that is none is a ValueError
            raise ModelRefused(f"the manifest is not signed, or its file is damaged ({error})") from error
        key = self._keys.get(signed.key_id)
        if key is None:
            raise ModelRefused(f"the manifest is signed with a key that we do not trust ({signed.key_id[:32]})")
        try:
            key.verify(signature, _PURPOSE + manifest)
        except InvalidSignature:
            raise ModelRefused("the manifest's signature is wrong: somebody changed it") from None
        return manifest


def make_key_pair() -> tuple[str, str]:
    """A new (private, public) pair as PEM text: the first for trainers, the second for everybody."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def _public_key(pem: str) -> tuple[str, Ed25519PublicKey]:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UserError("TRUSTED_KEYS holds a public key that cannot be read") from error
    if not isinstance(key, Ed25519PublicKey):
        raise UserError("TRUSTED_KEYS holds a key that is not an Ed25519 key")
    return _key_id(key), key


def _key_id(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]
