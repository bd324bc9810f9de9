"""How a machine's training and replay files are written, and where they say what a reading was."""

from msgspec import Struct


class Labels(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a training file says what a reading was. Of task `one_class` it need not: then every row is normal."""

    column: str = "fault"
    """Of task `defects`: it holds their names."""
    fault_value: str = "1"
    """The text that means fault in `column`; every other value means normal. Not of task `defects`."""
    normal: str = "normal"
    """Of task `defects`: what a reading is called that calls nobody. It may be one of the defects."""
    one_hot: bool = False
    """Of task `defects`: each has a column of its own, named after it, with 1 where a reading has it, else 0."""


class CsvDialect(Struct, frozen=True, forbid_unknown_fields=True):
    """How this machine's training and replay files are written."""

    separator: str = ","
    decimal: str = "."
    header: bool = True
    """Whether the first row names the columns. Else they are the sensors and behind them the label, or of `one_hot`
    labels the defects, all in this file's order; a file to be scored may end with the sensors."""
    device: str = "device"
    """The device's column; where a file has none, its rows belong to one device named after the machine."""
    time: str = "time"
    """The time's column; where a file has none, its rows are a second apart."""
    time_format: str = "ISO8601"
    columns: dict[str, str] = {}
    """Sensor → column, where the names differ."""
    values: dict[str, dict[str, float]] = {}
    """Sensor → text → number, for sensors that a file writes as text. Messages may write the text, too."""
