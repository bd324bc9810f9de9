"""Curves in a unit square, drawn here as SVG paths: no script, no style in the page."""

from collections.abc import Sequence

SIDE = 100
"""Of the square; 0 is at its lower left corner."""


def curve(points: Sequence[Sequence[float]]) -> str:
    """The path through points (x, y) from 0 to 1; of a point its first two numbers count."""
    places = [f"{SIDE * point[0]:.1f} {SIDE * (1 - point[1]):.1f}" for point in points]
    return f"M{'L'.join(places)}" if places else ""


def dots(points: Sequence[Sequence[float]]) -> str:
    """The path of the points alone, for a line with round ends."""
    return "".join(f"{curve([point])}h0" for point in points)
