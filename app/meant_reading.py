"""A stored reading on the command line."""

import click

from app.ranges import COUNT, OFFSET, PARTITION
from core.batch import Position
from core.errors import UserError
from core.meant_reading import Meant, OfAlert, OfIncident, read_meant


class MeantReading(click.ParamType[Meant]):
    """An alert, an incident, an id or a place in Kafka, with numbers that the servers can hold."""

    name = "reading"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Meant:
        """What is meant."""
        try:
            meant = read_meant(str(value))
        except UserError as error:
            self.fail(str(error), param, ctx)
        if isinstance(meant, OfAlert | OfIncident):
            COUNT.convert(meant.number, param, ctx)
        elif isinstance(meant, Position):
            PARTITION.convert(meant.partition, param, ctx)
            OFFSET.convert(meant.offset, param, ctx)
        return meant
