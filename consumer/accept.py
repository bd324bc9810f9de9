"""What a decoded reading must satisfy to be accepted."""

import unicodedata

EARLIEST = 631_152_000_000_000
"""1990-01-01 UTC in microseconds."""
LATEST = 4_102_444_800_000_000
"""2100-01-01 UTC in microseconds."""
_NAME_BYTES = 200
# Control, format (bidi and zero-width among them), surrogate, private use, unassigned, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def device_name_problem(name: str) -> str | None:
    """Why a device may not be called this; None: it may."""
    if not name.strip():
        return "device: empty name"
    if len(name.encode()) > _NAME_BYTES:
        return f"device: name longer than {_NAME_BYTES} bytes"
    if bad := next((char for char in name if unicodedata.category(char) in _REFUSED_CATEGORIES), None):
        return f"device: name has the character U+{ord(bad):04X}"
    return None
