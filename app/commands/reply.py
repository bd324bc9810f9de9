"""`reply`: answer an alert or a question from the shell, the same way as from a chat."""

from typing import NamedTuple

import click
import msgspec

from alerts.facts import ReceiptFacts, read_facts
from alerts.receipt_text import receipt_text
from app.cli import settings_of
from app.prepare import CONSOLE_OPERATOR
from app.ranges import COUNT
from app.wiring import database, resolved
from core.errors import UserError
from core.reply import UNDO, Outcome, Reply
from db.inbox import PostgresInbox
from db.operators import Operator, PostgresOperators

_ANSWERS = ["y", "n", "yes", "no", "maintenance", "sensor-fault", "not-sure", "undo"]


class _Meant(NamedTuple):
    """What is answered: one of both."""

    alert: int | None = None
    question: int | None = None

    def __str__(self) -> str:
        return f"question #{self.question}" if self.question else f"alert #{self.alert}"


def _meant(ctx: click.Context, param: click.Parameter, value: str) -> _Meant:
    """An alert's number, or a question's behind a q."""
    digits = value.removeprefix("q").removeprefix("Q")
    number: int = COUNT(digits, param, ctx)
    return _Meant(number) if digits == value else _Meant(question=number)


@click.command(short_help="Answer an alert from the shell: reply ALERT y|n.")
@click.argument("meant", metavar="ALERT", callback=_meant)
@click.argument("answer", type=click.Choice(_ANSWERS, case_sensitive=False), required=False)
@click.option("--defect", default="", metavar="NAME", help="Instead of an answer, the defect that it is.")
@click.option("--measured", default="", metavar="NUMBER", help="Instead of an answer, the value that was measured.")
@click.option("--as", "name", default="", help="The operator who answers; needed where there are several.")
@click.option("--comment", default="", help="Kept with the label.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def command(
    ctx: click.Context,
    meant: _Meant,
    answer: str | None,
    defect: str,
    measured: str,
    name: str,
    comment: str,
    as_json: bool,
) -> None:
    """Answer alert number ALERT: y, it was a real fault, or n, it was a false alarm, or what else it was.

    A question about a reading that raised no alert is named with a q, as in: reply q7 n. A later answer corrects an
    earlier one; undo takes your newest one back.
    """
    if sum(map(bool, (answer, defect, measured))) != 1:
        raise UserError("say one of these: an answer (y, n, …), --defect NAME or --measured NUMBER")
    engine = database(resolved(settings_of(ctx)), "alerts")
    operator = _answering(PostgresOperators(engine), name)
    kinds = {"answer": answer or "", "defect": defect, "measured": measured}
    said = {kind: words for kind, words in kinds.items() if words}
    raw = msgspec.json.encode({**meant._asdict(), **said, "as": operator.name, "comment": comment}).decode()
    reply = Reply(
        "shell",
        None,
        raw,
        operator.name,
        "shell",
        _text(answer) if answer else defect or measured,
        comment=comment,
        **meant._asdict(),
    )
    outcome = PostgresInbox(engine).accept("shell", reply)
    if outcome.kind is Outcome.UNKNOWN_ALERT:
        raise UserError(f"there is no {meant} for {operator.name}: its number is in its message")
    if outcome.kind is Outcome.NOT_UNDERSTOOD:
        if measured:
            raise UserError(
                f"{measured} is no value that was measured of {meant}: write a number, as in 18.2, to an alert of"
                f" {operator.name} whose machine's file has a [target]"
            )
        raise UserError(
            f"{defect} is no defect that {meant} may show: name one that the [[defects]] of its machine's file list, to"
            f" an alert of {operator.name}"
        )
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
