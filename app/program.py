"""What this command line is called where it runs: `./run` in a checkout, `faultline` in the image."""

import os
from pathlib import Path

IN_CHECKOUT = (Path(__file__).parent.parent / "run").exists()
PROGRAM = os.environ.get("FAULTLINE_PROGRAM") or ("./run" if IN_CHECKOUT else "faultline")


def spoken(text: str) -> str:
    """The text with its hints (`./run COMMAND`) as they are typed here."""
    return text if IN_CHECKOUT else text.replace("./run ", f"{PROGRAM} ")
