"""A file to be written, on the command line."""

import os
from pathlib import Path

import click


class NewFile(click.ParamType[Path]):
    """Proven writable before the work whose result it is to hold, which may take an hour; folders are made later on."""

    name = "path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path."""
        if "://" in str(value):
            self.fail(f"{value} is no file of this machine: what is written here is", param, ctx)
        path = Path(str(value))
        if path.is_dir():
            self.fail(f"{path} is a folder that is there already: name something new in it", param, ctx)
        there = next(one for one in (path, *path.absolute().parents) if one.exists())
        if there != path and not there.is_dir():
            self.fail(f"{path} cannot be written: {there} is no folder", param, ctx)
        if not os.access(there, os.W_OK):
            self.fail(f"{path} cannot be written: no permission for {there}", param, ctx)
        return path
