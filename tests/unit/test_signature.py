import msgspec
import pytest

from core.errors import ModelRefused, UserError
from model.signature import Signer, TrustedKeys, make_key_pair

PRIVATE, PUBLIC = make_key_pair()
_, OTHER_PUBLIC = make_key_pair()


def test_what_a_trusted_trainer_signed_is_given_back_byte_for_byte() -> None:
    assert TrustedKeys(OTHER_PUBLIC + PUBLIC).open(Signer(PRIVATE).sign(b'{"a":1}\n')) == b'{"a":1}\n'


def test_a_changed_manifest_is_refused() -> None:
    file = msgspec.json.decode(Signer(PRIVATE).sign(b"one"))
    file["manifest"] = msgspec.json.decode(Signer(PRIVATE).sign(b"two"))["manifest"]
    with pytest.raises(ModelRefused, match="somebody changed it"):
        TrustedKeys(PUBLIC).open(msgspec.json.encode(file))


def test_another_trainers_manifest_is_refused() -> None:
    with pytest.raises(ModelRefused, match="do not trust"):
        TrustedKeys(OTHER_PUBLIC).open(Signer(PRIVATE).sign(b"one"))


NOT_BASE64 = '{"manifest":"\u00e9","signature":"","key_id":""}'.encode()


@pytest.mark.parametrize(
    "file", [b"", b"{}", b"\xff\xfe", b'{"machine":"press"}', b"[" * 100_000, b'"text"', NOT_BASE64]
)
def test_an_unsigned_file_is_refused(file: bytes) -> None:
    with pytest.raises(ModelRefused, match="not signed"):
        TrustedKeys(PUBLIC).open(file)


@pytest.mark.parametrize("text", ["", "not a key", PUBLIC])
def test_a_signing_key_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UserError, match="SIGNING_KEY"):
        Signer(text)


@pytest.mark.parametrize("text", ["", "not a key", PRIVATE, PUBLIC.replace("MCow", "AAAA")])
def test_trusted_keys_that_are_none_are_named(text: str) -> None:
    with pytest.raises(UserError, match="TRUSTED_KEYS"):
        TrustedKeys(text)
