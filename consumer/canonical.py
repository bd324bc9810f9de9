"""Ids and times that are written in the canonical way, parsed by the thousand.

Other ways to write them are as valid and left to the exact decoder, one by one.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.batch import Bools, Integers

_Characters = npt.NDArray[np.uint8]

_ID_LENGTH = 36
_DASHES = [8, 13, 18, 23]
_DIGITS = [column for column in range(_ID_LENGTH) if column not in _DASHES]
_NOT_HEXADECIMAL = 255
_HEXADECIMAL = np.full(256, _NOT_HEXADECIMAL, dtype=np.uint8)
for _value, _cases in enumerate(zip(b"0123456789abcdef", b"0123456789ABCDEF", strict=True)):
    _HEXADECIMAL[list(_cases)] = _value

_TIME = np.frombuffer(b"0000-00-00T00:00:00.000000", dtype=np.uint8)
_ZONES = (b"Z", b"+00:00")
_SECONDS = 19
"""Length of a time down to the second; a point and up to six more digits may follow."""
_LONGEST = len(_TIME) + len(_ZONES[-1])


def parse_ids(texts: Sequence[str]) -> tuple[npt.NDArray[np.void], Bools]:
    """UUIDs as 16 bytes each, and which texts are 8-4-4-4-12 hexadecimal digits; the others' bytes mean nothing."""
    fit = _lengths(texts) == _ID_LENGTH
    characters = _joined(texts, fit, _ID_LENGTH)
    nibbles = _HEXADECIMAL[characters[:, _DIGITS]]
    valid = fit & (nibbles != _NOT_HEXADECIMAL).all(axis=1) & (characters[:, _DASHES] == ord("-")).all(axis=1)
    return np.ascontiguousarray((nibbles[:, 0::2] << 4) | nibbles[:, 1::2]).view("V16").reshape(-1), valid


def parse_times(texts: Sequence[str]) -> tuple[Integers, Bools]:
    """Microseconds since 1970, and which texts are UTC times in the way of most of them; the others' mean nothing.

    A way is `2026-11-21T10:00:00`, up to six digits of a second, then `Z` or `+00:00`.
    """
    lengths = _lengths(texts)
    length = min(_most_frequent(lengths), _LONGEST)
    fit = lengths == length
    characters = _joined(texts, fit, length)
    zone = next((zone for zone in _ZONES if characters[:1, -len(zone) :].tobytes() == zone), None)
    digits = length - len(zone or b"")
    if zone is None or not (digits == _SECONDS or _SECONDS + 1 < digits <= len(_TIME)):
        return np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_)
    valid = (
        fit & (characters[:, digits:] == np.frombuffer(zone, np.uint8)).all(axis=1) & _time_shaped(characters, digits)
    )
    characters[~valid, :digits] = _TIME[:digits]
    characters[~valid, 6] = characters[~valid, 9] = ord("1")  # the first of January: a date that can be parsed
    stamps = np.ascontiguousarray(characters[:, :digits]).view(f"S{digits}").reshape(-1)
    try:
        return stamps.astype("datetime64[us]").astype(np.int64), valid
    except ValueError:  # one of them is no date: 30 February
        return np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_)


def _time_shaped(characters: _Characters, digits: int) -> Bools:
    """Whether digits and signs stand where they belong."""
    shape = _TIME[:digits]
    signs = np.flatnonzero(shape != ord("0"))
    numbers = np.flatnonzero(shape == ord("0"))
    shaped: Bools = (characters[:, signs] == shape[signs]).all(axis=1)
    return shaped & ((characters[:, numbers] - ord("0")) <= 9).all(axis=1)  # unsigned: what is below "0" is above 9


def _most_frequent(lengths: Integers) -> int:
    return int(np.bincount(np.minimum(lengths, _LONGEST + 1)).argmax()) if len(lengths) else 0


def _lengths(texts: Sequence[str]) -> Integers:
    return np.fromiter(map(len, texts), np.int64, len(texts))


def _joined(texts: Sequence[str], fit: Bools, length: int) -> _Characters:
    """The characters of the texts that fit, shape (n, length); zeros for the others.

    Lengths are compared text by text: what one lacks, its neighbour's surplus must not make up for.
    """
    filled = texts if fit.all() else [text if fits else "\0" * length for text, fits in zip(texts, fit, strict=True)]
    joined = "".join(filled).encode("ascii", "replace")
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(texts), length).copy()
