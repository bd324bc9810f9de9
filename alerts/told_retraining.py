"""What the bot says to who asks for a new model, and how it ended."""

from typing import Literal
from urllib.parse import quote

from msgspec import Struct

from alerts.markup import Markup
from core.retraining import MOST_WAITING, Asked
from core.training_options import CHOICES, DRY_RUN, SEARCH


class ToldRetraining(Struct, frozen=True):
    """What the wish came to."""

    asked: Asked
    machine: str = ""
    machines: tuple[str, ...] = ()
    dry_run: bool = False


class EndedRetraining(Struct, frozen=True):
    """How the request ended."""

    machine: str
    state: Literal["promoted", "refused", "trained", "failed"]
    reason: str
    version: int | None = None
    how: str = ""
    report: str | None = None
    """sha256 of the training's report."""


def retraining_text(told: ToldRetraining, markup: Markup) -> str:
    """That it is asked for, or why not."""
    match told.asked:
        case Asked.REQUESTED:
            what = "A dry run of a new model" if told.dry_run else "A new model"
            return f"{what} of {markup.name(told.machine)} is asked for. How it ends will be told here."
        case Asked.NOT_AN_ENGINEER:
            return "Only engineers may ask for a new model. What you answer and report teaches the next one."
        case Asked.WHICH_MACHINE:
            names = ", ".join(markup.text(name, 60) for name in told.machines[:20])
            return f"Which machine? You follow {names or 'none'}. As in: /retrain press"
        case Asked.HOW:
            kinds = ", ".join(CHOICES)
            others = f"{SEARCH} and {DRY_RUN}"
            return f"After the machine's name may stand one of {kinds}, and {others}, as in: /retrain press compare"
        case Asked.TOO_MANY:
            wait = f"{MOST_WAITING} requests for a new model of {markup.name(told.machine)} wait for a trainer already."
            return f"{wait} Ask again when it has taken them."


def report_address(ended: EndedRetraining, page: str) -> str:
    """Where its report is read; empty: it has none, or nobody said where the page is."""
    if not page or ended.report is None:
        return ""
    return f"{page.rstrip('/')}/ui/machines/{quote(ended.machine, safe='')}/reports/{ended.report}"


def ended_text(ended: EndedRetraining, markup: Markup) -> str:
    """The model that was trained, and what became of it."""
    version = f" v{ended.version}" if ended.version else ""
    how = f". {markup.text(ended.how, 500)}" if ended.how else ""
    state = "Dry run" if ended.state == "trained" else ended.state.capitalize()
    return f"{state}: {markup.name(ended.machine)}{version}. {markup.text(ended.reason, 1500)}{how}"
