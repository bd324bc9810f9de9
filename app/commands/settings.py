"""`settings`: what can be set."""

import click
import msgspec

from app.settings import described


@click.command(short_help="Every setting with its default and meaning.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def command(as_json: bool) -> None:
    """Every setting with its default and meaning.

    Set them in the environment or in a file named .env; NAME_FILE names a file that holds the value of NAME.
    """
    rows = described()
    if as_json:
        fields = [{"name": name, "default": default, "description": text} for name, default, text in rows]
        click.echo(msgspec.json.encode(fields))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, default, text in rows:
        click.echo(f"{name:{width}}  {text}" + (f"  [{default}]" if default else ""))
