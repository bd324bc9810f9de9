"""What `train` learns from: a file, a lake of files, or simulated devices."""

import sys
from pathlib import Path

import msgspec

from app.first_model import simulated
from app.labelled_lake import Draw, LakeCounts, read_lake
from app.live_line import LiveLine
from app.readings_place import Place, S3Access, s3_reach
from app.recorded_files import files_at
from app.settings import Settings
from app.spark.lake import lake_of, read_lake_there
from app.spark.session import spark_session
from app.wiring import data_directory
from core.errors import UserError
from core.history import History
from core.machine import Machine
from model.csv_history import read_history


class TrainingSource(msgspec.Struct, frozen=True):
    """As the command line says it."""

    csv_file: Path | None
    simulate: bool
    lake: Place | None
    rows: int
    devices: int
    most_rows: int
    seed: int
    s3_access: S3Access
    engine: str
    master: str

    def __post_init__(self) -> None:
        if sum((self.csv_file is not None, self.simulate, self.lake is not None)) != 1:
            raise UserError("say what to learn from, one of the three: --csv FILE, --lake FOLDER or --simulate")
        if self.engine == "spark" and self.lake is None:
            raise UserError("--engine spark reads many files: name them with --lake FOLDER")

    def history(self, settings: Settings, machine: Machine) -> tuple[History, LakeCounts | None]:
        """The rows, and of a lake what became of those in its files. Raises UserError, Unauthorised, Unavailable."""
        if self.lake is not None:
            return self._of_lake(settings, machine, self.lake)
        if self.csv_file is not None:
            return read_history(self.csv_file, machine), None
        return simulated(machine, self.rows, self.seed, self.devices), None

    def _of_lake(self, settings: Settings, machine: Machine, place: Place) -> tuple[History, LakeCounts]:
        s3, draw = s3_reach(place, settings, self.s3_access), Draw(self.most_rows, self.seed)
        files = files_at(place, s3)
        if self.engine == "spark":
            with spark_session(self.master, data_directory(settings), s3.keys()) as session:
                return read_lake_there(session, lake_of(files, machine, {}, s3.server), draw)
        line = LiveLine(sys.stderr)

        def progress(so_far: LakeCounts) -> None:
            line.show(f"{so_far.files:,} of {len(files):,} files, {so_far.rows:,} rows")

        found = read_lake(files, machine, draw, progress)
        line.end()
        return found
