"""A stored message as words, in the dress of its channel. Pure."""

import re
from collections.abc import Sequence

from alerts.alert_text import alert_text, answer_text, pushes_text
from alerts.buttons import Buttons
from alerts.chart_message import ChartFacts, chart_message
from alerts.digest_text import digest_text
from alerts.facts import AlertFacts, DigestFacts, ReceiptFacts, TextFacts, read_facts
from alerts.markup import HTML, PLAIN, Markup
from alerts.question_text import QuestionFacts, question_answer_text, question_text
from alerts.receipt_text import receipt_text
from alerts.taught_text import taught_text
from alerts.told import Told, told_text
from alerts.told_retraining import report_address
from alerts.unshelved_text import UnshelvedFacts, unshelved_text
from core.errors import Undeliverable
from core.ports.chat import Button, OutboxMessage, Rendered
from core.taught import Taught

_COMMANDED = re.compile(r"^/alert_.*\n", re.MULTILINE)
_QUESTION = re.compile(r"^(Is this|Are these) correct\?.*", re.MULTILINE)


class TelegramRenderer:
    """HTML and buttons."""

    def __init__(self, buttons: Buttons, page: str = "") -> None:
        """`page`: what people type to reach the page; empty: they know."""
        self._buttons = buttons
        self._page = page

    def __call__(self, message: OutboxMessage) -> Rendered:
        """The message, at most 4096 characters. Raises Undeliverable for one that cannot be understood."""
        if message.kind == "chart":
            facts = read_facts(message.body, ChartFacts)
            return chart_message(facts, message.zone, HTML, repeat=message.possible_repeat)
        return Rendered(_words(message, HTML) + self._report_of(message), self._buttons_of(message))

    def _report_of(self, message: OutboxMessage) -> str:
        """Where the report is of a training that ended."""
        ended = read_facts(message.body, Told).ended if message.kind == "told" else None
        address = report_address(ended, self._page) if ended else ""
        return f"\n{HTML.text(address, 500)}" if address else ""

    def _buttons_of(self, message: OutboxMessage) -> Sequence[Sequence[Button]]:
        if message.kind == "digest":
            return self._buttons.of_each([one.alert for one in read_facts(message.body, DigestFacts).worst])
        if message.kind == "question":
            question = read_facts(message.body, QuestionFacts)
            return self._buttons.of_question(question.question, question.label)
        if message.kind == "unshelved" and message.alert is not None:
            return self._buttons.of(message.alert)
        if message.kind not in ("alert", "again", "shown", "answered", "explained") or message.alert is None:
            return ()
        facts = read_facts(message.body, AlertFacts)
        likely = tuple(one.defect for one in facts.defects)
        shown = facts.choices if facts.all_defects else likely
        return self._buttons.of(message.alert, facts.label, shown, more=len(shown) < len(facts.choices))


class ConsoleRenderer:
    """Plain text that says how to answer with the command line, which is called `program` here."""

    def __init__(self, program: str) -> None:
        self._program = program

    def __call__(self, message: OutboxMessage) -> Rendered:
        """The message. Raises Undeliverable for one that cannot be understood."""
        if message.kind == "answered":  # the alert stands above it already
            return Rendered(answer_text(read_facts(message.body, AlertFacts), message.zone, PLAIN))
        if message.kind == "explained":
            return Rendered(pushes_text(read_facts(message.body, AlertFacts), PLAIN))
        named = f"{message.alert}"
        if message.kind == "question":
            question = read_facts(message.body, QuestionFacts)
            named = f"q{question.question}"
            if message.edits is not None:
                return Rendered(question_answer_text(question, PLAIN))
        how = f"Answer with: {self._program} reply {named} y|n"
        words = _words(message, PLAIN).replace("Reply Y/N, or the defect", f"{how}, or --defect NAME")
        words = words.replace("Reply Y/N, or the measured value", f"{how}, or --measured NUMBER")
        return Rendered(words.replace("Reply Y/N", how))


class ServiceRenderer:
    """Plain text for where nobody can answer; it says where one can."""

    def __init__(self, page: str) -> None:
        """`page`: what people type to reach the page; empty: they know."""
        self._where = f"at {page.rstrip('/')}/ui/inbox" if page else "on the page"

    def __call__(self, message: OutboxMessage) -> Rendered:
        """The message. Raises Undeliverable for one that cannot be understood."""
        text = _words(message, PLAIN).replace("/open lists", "the page lists")
        text = _COMMANDED.sub("", text)
        return Rendered(_QUESTION.sub(rf"\1 correct? Answer {self._where} or in Telegram", text))


def _words(message: OutboxMessage, markup: Markup) -> str:
    match message.kind:
        case "alert" | "again" | "shown":
            facts = read_facts(message.body, AlertFacts)
            return alert_text(facts, message.zone, markup, repeat=message.possible_repeat)
        case "answered" | "explained":
            return alert_text(read_facts(message.body, AlertFacts), message.zone, markup)
        case "question":
            repeat = message.possible_repeat and message.edits is None
            return question_text(read_facts(message.body, QuestionFacts), message.zone, markup, repeat=repeat)
        case "digest":
            repeat = message.possible_repeat and message.edits is None
            return digest_text(read_facts(message.body, DigestFacts), message.zone, markup, repeat=repeat)
        case _:
            said = _said(message, markup)
            return f"(possible repeat) {said}" if message.possible_repeat else said


def _said(message: OutboxMessage, markup: Markup) -> str:
    """What needs no answer."""
    match message.kind:
        case "unshelved":
            return unshelved_text(read_facts(message.body, UnshelvedFacts), message.zone, markup)
        case "receipt":
            return receipt_text(read_facts(message.body, ReceiptFacts), markup)
        case "told":
            return told_text(read_facts(message.body, Told), message.zone, markup)
        case "taught":
            return taught_text(read_facts(message.body, Taught), markup)
        case "text":
            return markup.text(read_facts(message.body, TextFacts).text, 2000)
        case _:
            raise Undeliverable(f"no words are known for a message of kind {message.kind}")
