"""Numbers and times as people read them."""

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def number(value: float) -> str:
    """Four significant digits, without noise: 9.134, 12,350, 70."""
    return format(float(f"{value:.4g}"), ",g")


def percent(probability: float) -> str:
    """Whole percents; never 0 % or 100 %, because no model knows that."""
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %"
    return f"{probability * 100:.0f} %"


def clock(time: datetime, zone: str, to_the: Literal["minute", "second"] = "minute") -> str:
    """The time in the reader's zone, which it names: `13:04 CET, 1 Mar`. An unknown zone is read as UTC."""
    local = time.astimezone(zone_of(zone))
    return f"{local:{'%H:%M' if to_the == 'minute' else '%H:%M:%S'}} {local.tzname()}, {local.day} {local:%b}"


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def lasting(seconds: float) -> str:
    """A duration in its one or two largest units, rounded down: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    large, small, size = ("h", "min", 3600) if whole < 86_400 else ("d", "h", 86_400)
    rest = whole % size // (60 if large == "h" else 3600)
    return f"{whole // size} {large}" + (f" {rest} {small}" if rest else "")
