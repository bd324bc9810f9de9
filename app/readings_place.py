"""Where files of readings lie, on the command line: a path, or an address of S3."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import click

from app.settings import Settings
from app.spark.tasks import S3Server
from app.wiring import resolved
from core.errors import UserError
from model.registry import s3_client
from model.s3_files import S3Address, S3Files, s3_address

Place: TypeAlias = Path | S3Address
_EXISTING = click.Path(exists=True, path_type=Path)
S3Access: TypeAlias = Literal["settings", "aws"]


class ReadingsPlace(click.ParamType[Place]):
    """A file or folder that is there, or `s3://…`, which is asked for later on."""

    name = "path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """The place."""
        try:
            address = s3_address(str(value))
        except UserError as error:
            self.fail(str(error), param, ctx)
        return address or _EXISTING.convert(str(value), param, ctx)


def s3_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--s3`."""
    return click.option(
        "--s3",
        "s3_access",
        type=click.Choice(["settings", "aws"]),
        default="settings",
        show_default=True,
        help="How s3:// is reached: as the models' bucket is (S3_ENDPOINT_URL and its keys), or by AWS's own"
        " environment (AWS_PROFILE, AWS_ENDPOINT_URL_S3, a role).",
    )(command)


class S3Reach(NamedTuple):
    """A server of buckets, and the keys to them; what is empty AWS's own environment says."""

    server: S3Server = S3Server()
    key_id: str = ""
    secret: str = ""

    def files(self) -> S3Files:
        """Its files, nothing asked yet."""
        return S3Files(s3_client(*self.server, self.key_id, self.secret))

    def keys(self) -> Mapping[str, str]:
        """By the names that AWS's own environment gives them."""
        return {"AWS_ACCESS_KEY_ID": self.key_id, "AWS_SECRET_ACCESS_KEY": self.secret}


def s3_reach(place: Place, settings: Settings, access: S3Access) -> S3Reach:
    """How the place is reached; one on this machine needs nothing. UserError where no server is named."""
    if access == "aws" or isinstance(place, Path):
        return S3Reach()
    named = resolved(settings)
    server = S3Server(named.s3_endpoint_url, named.s3_region)
    return S3Reach(server, named.aws_access_key_id, named.aws_secret_access_key)
