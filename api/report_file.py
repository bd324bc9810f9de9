"""The report of a training as one file, which needs nothing beside it. Loads no web server: trainers write it."""

from pathlib import Path

from markupsafe import Markup

from api.html import html
from core.training_report import TrainingReport

_STYLE = Path(__file__).parent / "static" / "page.css"


def report_file(report: TrainingReport) -> str:
    """What the page shows of it, with the page's style; times in UTC."""
    style = Markup(_STYLE.read_text(encoding="utf-8"))  # noqa: S704  # our own file
    return html("training_report_file.html", report=report, zone="UTC", style=style)
