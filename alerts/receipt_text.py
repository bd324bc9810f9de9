"""A receipt in words: what became of a reply."""

from alerts.facts import ReceiptFacts
from alerts.markup import PLAIN, Markup
from core.dispute import counting
from core.label import in_words
from core.numbers import number
from core.reply import Outcome, Refusal
from core.shown_questions import said_of_a_question

_REFUSALS = {
    Refusal.FORGED: "This button is not valid any more. Reply Y or N to the alert's message instead.",
    Refusal.FORWARDED: "Forwarded messages are not taken as answers. Write Y or N yourself, as a reply to the alert.",
    Refusal.EDITED: "Changed messages are not taken as answers. Write a new Y or N, as a reply to the alert.",
    Refusal.SHARED_SENDER: "Answers are taken from people, not from groups and channels. Please answer as yourself.",
}
HELP = (
    "Answer an alert with its buttons, or reply Y (real fault) or N (false alarm) to its message; you may add why,"
    " as in: N, door was open. A later answer corrects an earlier one; /undo takes yours back."
)
"""How to answer."""


_OF_WHAT_WAS_SAID = (
    *(Outcome.LABELLED, Outcome.OVERRULED, Outcome.REPEATED, Outcome.REPLAYED),
    *(Outcome.COMMENTED, Outcome.UNDONE, Outcome.NOTHING_TO_UNDO),
)


def receipt_text(facts: ReceiptFacts, markup: Markup = PLAIN) -> str:
    """What became of the reply, and what to do where it came to nothing."""
    match facts.outcome:
        case outcome if outcome in _OF_WHAT_WAS_SAID:
            return _noted(facts, markup)
        case Outcome.DONE:
            return "Press the defect that it is."
        case Outcome.WHICH_ALERT:
            waiting = ", ".join(f"#{alert}" for alert in facts.alerts[:10])
            return (
                f"Several alerts wait for an answer ({waiting}). Reply to the message of the one you mean,"
                f" or write its number too: Y {facts.alerts[0]}"
            )
        case Outcome.UNKNOWN_ALERT:
            return "No alert waits for an answer here. To correct an earlier answer, reply to the alert's message."
        case Outcome.NOT_UNDERSTOOD:
            return f"That was not understood. {HELP}"
        case Outcome.REFUSED:
            return _REFUSALS[facts.refusal] if facts.refusal else HELP
        case Outcome.WELCOMED if facts.by:
            return f"Hello {markup.text(facts.by, 100)}. {HELP} /help lists what else you can ask."
        case _:
            return (
                "You are not known here yet, so nothing was changed. Give this id to an engineer, who can add you:"
                f" {markup.name(facts.sender)}"
            )


def _noted(facts: ReceiptFacts, markup: Markup) -> str:
    match facts.outcome:
        case Outcome.LABELLED:
            noted = f"Thank you. Noted: {_verdict(facts)}, {markup.name(facts.device)}, {_about(facts)}."
            return noted + _disputed(facts)
        case Outcome.OVERRULED:
            kept = f"Kept: {_verdict(facts)}, {markup.name(facts.device)}, {_about(facts)}."
            return f"{kept} It does not count: an engineer has settled this alert{_as_what(facts, markup)}."
        case Outcome.REPEATED:
            return f"Already noted: {_verdict(facts)}, {_about(facts)}."
        case Outcome.COMMENTED:
            return f"Kept as a comment on alert #{facts.alert}, not as an answer: for one, press a button or reply Y/N."
        case Outcome.UNDONE:
            return f"Taken back: {_verdict(facts)}, {markup.name(facts.device)}, {_about(facts)}."
        case Outcome.NOTHING_TO_UNDO:
            return "There is no answer of yours to take back: only the newest one to an alert can be, by who gave it."
        case _:
            return "Noted before."


def _disputed(facts: ReceiptFacts) -> str:
    """What follows where others say something else."""
    if not facts.said:
        return ""
    counts = counting(facts.said)
    if not counts.settles:
        return " Others say otherwise: yours, the latest, counts until an engineer settles it."
    return " That settles it." if counts.by == facts.by else ""


def _as_what(facts: ReceiptFacts, markup: Markup) -> str:
    if not facts.said:
        return ""
    settled = counting(facts.said)
    return f": {in_words(settled.verdict, settled.defect, settled.value)} ({markup.text(settled.by, 100)})"


def _about(facts: ReceiptFacts) -> str:
    if facts.question:
        return f"question #{facts.question}"
    return f"alert #{facts.alert}" if facts.alert else "which you reported"


def _verdict(facts: ReceiptFacts) -> str:
    if facts.question and facts.verdict:
        measured = "" if facts.value is None else f": measured {number(facts.value)}"
        return said_of_a_question(facts.verdict) + measured
    return in_words(facts.verdict, facts.defect, facts.value) if facts.verdict else "answer"
