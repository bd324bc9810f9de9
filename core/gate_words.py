"""Figures as the gate says them to an engineer."""

from core.comparison import PERCENT, Measure


def figures(found: Measure) -> str:
    """What challenger and champion reach, and how sure the difference is."""
    interval = f"{PERCENT} % interval of the difference {found.difference.low:+.4f} to {found.difference.high:+.4f}"
    return f"{found.challenger:.4f} against the champion's {found.champion:.4f} ({interval})"


def areas(found: Measure, where: str) -> str:
    """The same of their PR-AUC, and where."""
    return f"PR-AUC {figures(found)} {where}"


def counted(count: int, what: str) -> str:
    """So many of what there is, in the plural where there is not one."""
    return f"{count} {what}{'' if count == 1 else 's'}"
