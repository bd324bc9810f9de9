"""`reply`: answer an alert from the shell, the same way as from a chat."""

import click
import msgspec

from alerts.facts import ReceiptFacts, read_facts
from alerts.receipt_text import receipt_text
from app.cli import settings_of
from app.prepare import CONSOLE_OPERATOR
from app.wiring import database, resolved
from core.errors import UserError
from core.reply import UNDO, Outcome, Reply
from db.inbox import PostgresInbox
from db.operators import Operator, PostgresOperators

_ANSWERS = ["y", "n", "yes", "no", "maintenance", "sensor-fault", "not-sure", "undo"]


@click.command(short_help="Answer an alert from the shell: reply ALERT y|n.")
@click.argument("alert", type=click.IntRange(1, 2**63 - 1))
@click.argument("answer", type=click.Choice(_ANSWERS, case_sensitive=False))
@click.option("--as", "name", default="", help="The operator who answers; needed where there are several.")
@click.option("--comment", default="", help="Kept with the label.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, alert: int, answer: str, name: str, comment: str, as_json: bool) -> None:
    """Answer alert number ALERT: y, it was a real fault, or n, it was a false alarm, or what else it was.

    A later answer corrects it; undo takes your newest one back.
    """
    engine = database(resolved(settings_of(ctx)), "alerts")
    operator = _answering(PostgresOperators(engine), name)
    raw = msgspec.json.encode({"alert": alert, "answer": answer, "as": operator.name, "comment": comment}).decode()
    reply = Reply("shell", None, raw, operator.name, "shell", _text(answer), alert=alert, comment=comment)
    outcome = PostgresInbox(engine).accept("shell", reply)
    if outcome.kind is Outcome.UNKNOWN_ALERT:
        raise UserError(f"there is no alert #{alert}: its number is in the alert's message")
    if as_json:
        click.echo(msgspec.json.encode({**outcome.facts, "label": outcome.label}))
        return
    click.echo(receipt_text(read_facts(outcome.facts, ReceiptFacts)))


def _text(answer: str) -> str:
    return UNDO if answer == "undo" else answer.replace("-", " ")


def _answering(operators: PostgresOperators, name: str) -> Operator:
    """The operator of that name; without a name, the console's or the only one there is. UserError otherwise."""
    active = operators.active()
    if not active:
        raise UserError("nobody may answer yet: add an operator with ./run operators add NAME --console")
    names = ", ".join(operator.name for operator in active)
    if not name and any(operator.name == CONSOLE_OPERATOR for operator in active):
        name = CONSOLE_OPERATOR
    chosen = [operator for operator in active if name in ("", operator.name)]
    if not chosen:
        raise UserError(f"no operator named {name}: there are {names}")
    if len(chosen) > 1:
        raise UserError(f"say who answers with --as NAME: there are {names}")
    return chosen[0]
