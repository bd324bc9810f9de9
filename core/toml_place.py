"""Where in a TOML text something is wrong, and what would be right there."""

import re

from msgspec import inspect


def line_of(text: str, key: str) -> str:
    """`:12` for the line that `key` (such as `sensors[1].unit`) stands on, or of the nearest table around it."""
    best, prefix = 0, ""
    tables: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[(\[)?\s*([\w.]+)\s*\]", line):
            prefix = header.group(2)
            if header.group(1):
                tables[prefix] = tables.get(prefix, -1) + 1
                prefix = f"{prefix}[{tables[prefix]}]"
            if key == prefix or key.startswith(f"{prefix}."):
                best = number
        elif pair := re.match(r"\s*([\w-]+)\s*=", line):
            full = f"{prefix}.{pair.group(1)}" if prefix else pair.group(1)
            if key == full or re.match(re.escape(full) + r"[.\[]", key):
                return f":{number}"
    return f":{best}" if best else ""


def values_of(kind: type, key: str) -> list[str]:
    """The values that `key` of this type may have, where they are a fixed few; else none."""
    node: inspect.Type | None = inspect.type_info(kind)
    for part in re.findall(r"\w+", key):
        node = _within(node, part)
    if isinstance(node, inspect.LiteralType):
        return sorted(map(str, node.values))
    return sorted(str(member.value) for member in node.cls) if isinstance(node, inspect.EnumType) else []


def _within(node: inspect.Type | None, part: str) -> inspect.Type | None:
    if isinstance(node, inspect.UnionType):
        node = next((one for one in node.types if isinstance(one, inspect.StructType | inspect.VarTupleType)), None)
    if isinstance(node, inspect.StructType):
        return next((field.type for field in node.fields if field.encode_name == part), None)
    return node.item_type if isinstance(node, inspect.VarTupleType) else None
