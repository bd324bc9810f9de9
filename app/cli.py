"""The command line: finds the command, reads the settings once, turns our errors into one line and an exit code."""

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from keyword import iskeyword
from pathlib import Path

import click

from app.log import set_up_logging
from app.program import IN_CHECKOUT, PROGRAM, spoken
from app.settings import Settings, read_settings
from core.errors import FaultlineError, UserError

# Command → its one line; its module under app.commands (`module_of`) defines it. Listed here so that help and quick
# commands import no library they do not use; a test holds that each line equals the command's own help.
COMMANDS = {
    "demo": "The whole loop on this machine: stack, machines, model, alerts.",
    "status": "How each machine is doing, and how far the consumer is behind.",
    "producer": "Publish readings: simulated machines, or a file replayed.",
    "consumer": "Score readings as they come and store them, exactly once.",
    "alerts": "Send alerts to people and take their replies.",
    "page": "Alerts, answers and devices in a browser.",
    "api": "The HTTP API: readings scored on request, and what is known.",
    "trainer": "Take retraining requests, one at a time per machine.",
    "train": "Train a model and promote it if it is better.",
    "machines": "A new machine from a CSV file: new.",
    "export": "Readings and labels as a training file.",
    "import": "Take in readings of the past: CSV, Parquet, SQL.",
    "retrain": "Ask the trainer for a model that learns from the labels.",
    "dead-letters": "What was refused: list, show, replay, export.",
    "models": "List, show, verify, import, promote, roll back versions.",
    "evaluate": "How a model version does on people's verdicts.",
    "shadow": "Let a version score the live stream apart; nobody hears of it.",
    "explain": "Why an alert came: sensors, model, training data, labels.",
    "rescore": "What another model version would have decided.",
    "score": "Score a file of readings, of any size.",
    "validate": "What is wrong with a file of readings, by column and rows.",
    "alarms": "How good the alarms are: rates, floods, false alarms.",
    "questions": "What asking about readings without an alert has found.",
    "reply": "Answer an alert from the shell: reply ALERT y|n.",
    "operators": "Who gets alerts and may answer: add, set, list, link, remove.",
    "api-keys": "Which programs may ask the HTTP API: add, list, revoke.",
    "labels": "Unusual answers, held for an engineer: held, release, refuse.",
    "partitions": "Where each partition stands; let a halted one go on.",
    "retention": "Drop readings older than so many days; labelled ones stay.",
    "backup": "Copy database and bucket, as of one moment, to a folder.",
    "restore": "Bring database and bucket back from a backup's folder.",
    "init": "Prepare the servers: tables, logins, topics and bucket.",
    "secrets": "Make the passwords and keys of the containers, once.",
    "stack": "The local Kafka, Postgres and S3: start, stop, info.",
    "migrate": "Create or update the database's tables and roles.",
    "settings": "Every setting with its default and meaning.",
    "test": "Run the tests.",
    "bench": "Measure throughput, latency and growth on this machine.",
    "check": "Format, lint, types, import rules and unit tests.",
    "lock": "Lock the requirements with hashes.",
    "sbom": "What the image holds: packages, versions, licences.",
}
# Commands of a checkout; the image has neither tests nor a local stack.
CHECKOUT_ONLY = {"demo", "stack", "test", "bench", "check", "lock", "sbom"}


def module_of(command: str) -> str:
    """The module that defines a command; a name that is a word of Python's own has a mark behind it."""
    return f"app.commands.{command.replace('-', '_')}{'_' * iskeyword(command)}"


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if IN_CHECKOUT or name not in CHECKOUT_ONLY]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(module_of(cmd_name)).command
        assert isinstance(command, click.Command), f"{module_of(cmd_name)} defines `command`"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(cls=_Lazy, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="faultline")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Faultline finds faults in streams of machine-sensor readings and learns from the people who answer its alerts."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def settings_of(ctx: click.Context) -> Settings:
    """The settings of the process: read on first use, so that --help works with a broken environment."""
    root = ctx.find_root()
    if not isinstance(root.obj, Settings):
        root.obj = read_settings(os.environ, Path(".env"))
        set_up_logging(root.obj.log_format, root.obj.log_level, root.obj.secrets())
    return root.obj


_OF_FILES = frozenset(
    {
        *(errno.ENOENT, errno.EEXIST, errno.EISDIR, errno.ENOTDIR),
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT),
    }
)
"""What is wrong with a file or a disk, and no mistake of ours."""


def run() -> None:
    """Run the command line; our errors become one line on standard error and exit code 2."""
    try:
        try:
            _require_text(sys.argv[1:])
            main(prog_name=PROGRAM)
        finally:
            sys.stdout.flush()  # here what cannot be written is still ours to name
    except FaultlineError as error:
        click.echo(spoken(f"faultline: {error}"), err=True)
        sys.exit(2)
    except OSError as error:
        if error.errno not in (*_OF_FILES, errno.EPIPE):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left of the output fails no second time
        if error.errno == errno.EPIPE:  # who read it has read enough
            sys.exit(1)
        click.echo(f"faultline: {error.filename or 'the output'}: {error.strerror}", err=True)
        sys.exit(2)


def _require_text(arguments: Sequence[str]) -> None:
    """UserError where an argument is no valid text: no table, topic or message could hold it."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            raise UserError(f"the argument {argument!a} is not valid text in this terminal's encoding") from error
