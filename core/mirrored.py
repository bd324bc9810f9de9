"""What others' registry shows of our model versions: a mirror, of which nothing is read back but what it holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from core.prediction import ModelVersion


class MirroredName(NamedTuple):
    """A version by its number and its bytes: a number alone may mean others after a restore."""

    number: int
    sha256: str


class BaseDataName(NamedTuple):
    """The base data of a version, as they lie in the bucket."""

    key: str
    sha256: str
    rows: int


class MirroredVersion(Struct, frozen=True):
    """Everything that a mirror shows of one version."""

    version: ModelVersion
    sha256: str
    created_at: datetime
    created_by: str
    task: str
    base: BaseDataName
    inputs: Mapping[str, bool]
    """Each sensor of a reading in the machine's order, and whether it must be there."""
    outputs: Mapping[str, str]
    """What is predicted: its name and its type, `double` or `string`."""
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    lineage: Mapping[str, str]
    model_files: Mapping[str, bytes]
    """File name → content: what describes the model, and never the model itself."""
    report_files: Mapping[str, bytes]
    """File name, perhaps with a folder, → content: what its training told."""
    note: str = ""
    """Why the gate decided as it did."""

    @property
    def name(self) -> MirroredName:
        """Its name in the mirror."""
        return MirroredName(self.version.number, self.sha256)


class Standing(NamedTuple):
    """What a mirror of one machine is to show."""

    versions: tuple[MirroredName, ...]
    """Oldest first."""
    promoted: frozenset[int]
    """Each number that ever was champion."""
    champion: int | None

    @property
    def challenger(self) -> int | None:
        """The newest version, where it was made after the champion and never was champion itself."""
        newest = self.versions[-1].number if self.versions else 0
        return newest if newest > (self.champion or 0) and newest not in self.promoted else None

    def aliases(self) -> dict[str, MirroredName | None]:
        """Each alias and the version that it is to point to; None: nowhere."""
        named = {name.number: name for name in self.versions}
        pointed = {"champion": self.champion, "challenger": self.challenger}
        return {alias: None if number is None else named.get(number) for alias, number in pointed.items()}
