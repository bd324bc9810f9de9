"""What the bot says to who taught a model."""

from alerts.markup import Markup
from core.taught import Taught

_NAMED = 10


def taught_text(facts: Taught, markup: Markup) -> str:
    """What the person's answers did."""
    machine = f"{markup.name(facts.machine)} v{facts.version}"
    many = facts.answers != 1
    sentences = [f"Your {f'{facts.answers} answers are' if many else 'answer is'} in {machine}, in service from now on"]
    if facts.refuted:
        sentences.append(f"{facts.quiet} of your {_counted(facts.refuted, 'false alarm')} would no longer ring")
    if facts.lost:
        named = ", ".join(facts.lost[:_NAMED]) + (", …" if len(facts.lost) > _NAMED else "")
        count = _counted(len(facts.lost), "fault")
        sentences.append(f"{count} that you confirmed would not ring any more: {markup.text(named)}")
    elif facts.confirmed:
        sentences.append("No fault that you confirmed is lost")
    return ". ".join(sentences) + "."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
