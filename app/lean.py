"""Libraries that a process never uses and would load all the same."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

_TABLES = frozenset({"pandas", "pyarrow"})


class _Absent(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname.partition(".")[0] in _TABLES:
            raise ModuleNotFoundError(f"a consumer does without {fullname}", name=fullname)


def without_tables(arguments: Sequence[str]) -> None:
    """Keep pandas and pyarrow out of a consumer: scikit-learn loads them where it finds them, 65 MB for nothing."""
    if arguments[:1] == ["consumer"]:
        sys.meta_path.insert(0, _Absent())
