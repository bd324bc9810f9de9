"""Moments on the command line."""

from datetime import UTC, datetime

import click


class Moment(click.ParamType[datetime]):
    """RFC 3339, as our own output writes it, or its beginning; UTC where no zone is named."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, with its zone."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no moment such as 2026-03-01 or 2026-03-01T14:05:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
