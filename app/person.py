"""Who types: recorded with requests and promotions."""

import getpass
import os


def person() -> str:
    """The login of who runs this process; its number where it has no name, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # Python up to 3.12 raises what its sources of names raise
        return f"uid {os.getuid()}"
