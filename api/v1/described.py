"""Shapes that the API's description explains field by field."""

from pydantic import BaseModel, ConfigDict


class Described(BaseModel):
    """The description says of a field what stands below it in the code."""

    model_config = ConfigDict(use_attribute_docstrings=True)
