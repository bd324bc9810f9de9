"""Why a file of somebody's cannot be read, in words for them."""

import gzip
import lzma
import zlib

BROKEN = (UnicodeDecodeError, OSError, EOFError, zlib.error, lzma.LZMAError)
"""What reading a file raises that is damaged, or packed and cut off, whatever it holds."""


def why_unreadable(error: Exception) -> str:
    """What is wrong, and what helps where that is known; without the file's name, which stands before it."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.object[error.start]:#04x} is no text in UTF-8: save it as CSV in UTF-8"
    if isinstance(error, EOFError | zlib.error | lzma.LZMAError | gzip.BadGzipFile):
        return f"it is cut off or damaged: copy it anew ({error})"
    return str((isinstance(error, OSError) and error.strerror) or error).strip()
