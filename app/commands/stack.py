"""`stack`: the local Kafka, Postgres and S3."""

from dataclasses import asdict

import click
import msgspec

from app.cli import settings_of
from app.settings import Settings
from app.wiring import data_directory
from local.detached import info, start_detached, stop
from local.stack import Ports


@click.group(short_help="The local Kafka, Postgres and S3: start, stop, info.")
def command() -> None:
    """The local Kafka, Postgres and S3: real servers on 127.0.0.1, without Docker; their data stays in .local/."""


@command.command("start")
@click.pass_context
def start_stack(ctx: click.Context) -> None:
    """Start the servers; they go on in the background until `stack stop`."""
    settings = settings_of(ctx)
    addresses = start_detached(
        data_directory(settings), ports(settings), report=lambda line: click.echo(line, err=True)
    )
    click.echo(f"running: Kafka {addresses.kafka_bootstrap_servers}, S3 {addresses.s3_endpoint_url}, Postgres")


@command.command("stop")
@click.pass_context
def stop_stack(ctx: click.Context) -> None:
    """Stop the servers; their data stays."""
    click.echo("stopped" if stop(data_directory(settings_of(ctx))) else "nothing was running")


@command.command("info")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts; holds the passwords.")
@click.pass_context
def stack_info(ctx: click.Context, as_json: bool) -> None:
    """Whether the servers run, where, and the settings that lead other programs to them."""
    found = info(data_directory(settings_of(ctx)))
    if as_json:
        running = {"running": found.is_running, "directory": str(found.directory), "pids": found.pids}
        addresses = asdict(found.addresses) if found.addresses else None
        click.echo(msgspec.json.encode({**running, "addresses": addresses}))
        return
    click.echo(f"{'running' if found.is_running else 'not running'} in {found.directory}")
    if found.addresses:
        click.echo(f"KAFKA_BOOTSTRAP_SERVERS={found.addresses.kafka_bootstrap_servers}")
        click.echo(f"DATABASE_URL={found.addresses.database_url}")
        click.echo(f"S3_ENDPOINT_URL={found.addresses.s3_endpoint_url}")
        click.echo(f"AWS_ACCESS_KEY_ID={found.addresses.s3_access_key_id}")
        click.echo(f"AWS_SECRET_ACCESS_KEY={found.addresses.s3_secret_access_key}")


def ports(settings: Settings) -> Ports:
    """The ports that the settings ask for."""
    return Ports(kafka=settings.kafka_port, postgres=settings.postgres_port, s3=settings.s3_port)
