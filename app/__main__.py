"""`python -m app`, which is `./run` in a checkout and `faultline` in the image."""

import os

from app.cli import run
from app.signals import end_with_parent

if __name__ == "__main__":
    if parent := os.environ.pop("FAULTLINE_PARENT", ""):
        end_with_parent(int(parent))
    run()
