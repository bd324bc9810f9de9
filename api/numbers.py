"""Numbers of rows, as addresses name them."""

from typing import Annotated

from fastapi import Path

Number = Annotated[int, Path(ge=1, lt=2**63)]
