"""On the command line: when and of what a person hears."""

import click

from core.quiet import QuietHours, read_quiet_hours
from core.severity import Severity
from core.spoken_time import read_duration

_SEVERITIES = {severity.words: severity for severity in Severity}


class SeverityName(click.ParamType[Severity]):
    """low, medium or high."""

    name = "severity"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Severity:
        """The severity of that name."""
        found = _SEVERITIES.get(str(value).lower())
        return found or self.fail(f"{value!r} is none of {', '.join(_SEVERITIES)}", param, ctx)


class Patience(click.ParamType[int]):
    """15m, 2h, or 0."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds."""
        if str(value) == "0":
            return 0
        found = read_duration(str(value))
        if found is None:
            self.fail(f"{value!r} is no duration such as 15m or 2h, nor 0", param, ctx)
        return int(found.total_seconds())


class Quiet(click.ParamType[QuietHours]):
    """22:00-06:00."""

    name = "hours"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> QuietHours:
        """From one time of day to another."""
        found = read_quiet_hours(str(value))
        return found or self.fail(f"{value!r} are no hours such as 22:00-06:00", param, ctx)
