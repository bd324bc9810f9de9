"""`python -m app`, which is `./run` in a checkout and `faultline` in the image."""

import os
import sys

from app.cli import run
from app.lean import without_tables
from app.signals import end_with_parent

if __name__ == "__main__":
    if parent := os.environ.pop("FAULTLINE_PARENT", ""):
        end_with_parent(int(parent))
    without_tables(sys.argv[1:])
    run()
