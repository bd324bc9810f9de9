"""What is wrong with a setting's value, in words of our own."""

import msgspec
from msgspec import inspect


def what_is_wrong(settings: type[msgspec.Struct], name: str, value: str) -> str:
    """Why this value, which was refused, is none of this setting's. A text may be secret, and is not shown."""
    described = inspect.type_info(settings)
    assert isinstance(described, inspect.StructType), "it is a Struct"
    kind = next(field.type for field in described.fields if field.encode_name == name)
    said: dict[str, object] = {}
    while isinstance(kind, inspect.Metadata):
        said |= kind.extra or {}
        kind = kind.type
    shown = f"{value!a:.60}"
    match kind:
        case inspect.LiteralType(values):
            return f"{shown} is none of {', '.join(map(str, values))}"
        case inspect.IntType() | inspect.FloatType():
            number = "whole number" if isinstance(kind, inspect.IntType) else "number"
            return f"{shown} is no {number} {_limits(kind)}"
        case inspect.BoolType():
            return f"{shown} is neither true nor false"
        case inspect.StrType(min_length=int(least)) if len(value) < least:
            return f"it must have at least {least} characters"
        case _:
            return str(said["form"])


def _limits(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.gt is not None:
        return f"above {kind.gt:g} and at most {kind.le:.15g}"
    return f"of at least {kind.ge:g}" if kind.le is None else f"from {kind.ge:g} to {kind.le:.15g}"
