"""Labels: what a person's answer means."""

from enum import StrEnum


class Verdict(StrEnum):
    """What a person says of an incident's readings."""

    FAULT = "fault"
    FALSE_ALARM = "false_alarm"
    MAINTENANCE = "maintenance"
    SENSOR_FAULT = "sensor_fault"
    NOT_SURE = "not_sure"

    @property
    def words(self) -> str:
        """As people read it."""
        return "real fault" if self is Verdict.FAULT else self.value.replace("_", " ")


_WORDS = {
    "y": Verdict.FAULT,
    "yes": Verdict.FAULT,
    "n": Verdict.FALSE_ALARM,
    "no": Verdict.FALSE_ALARM,
    **{verdict.words: verdict for verdict in Verdict},
}


def read_answer(text: str) -> Verdict | None:
    """The verdict that a written answer gives (Y/N/yes/no or a verdict's words, any case); None where it gives none."""
    return _WORDS.get(text.strip().rstrip(".!").lower())
