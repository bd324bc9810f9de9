"""Expressions over sensors, such as `torque * speed / 9549`: parsed by a list of what is allowed, never run."""

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

import numpy as np

from core.batch import Floats

MOST_CHARACTERS = 200
"""Also bounds how deep one may nest."""
_ALLOWED = "numbers, sensors, + - * /, parentheses, min, max and abs"

Evaluate = Callable[[Sequence[Floats]], Floats]


class Expression(NamedTuple):
    """A sound one."""

    sensors: frozenset[str]
    evaluate: Evaluate
    """Of the sensors' columns, shape (n,) each, NaN for absent: shape (n,), or () of a number alone."""


class NoExpression(ValueError):
    """What is wrong with it, in words."""


@lru_cache(maxsize=1024)
def parsed(text: str, sensors: tuple[str, ...]) -> Expression:
    """The expression over these sensors, whose columns come in this order. Raises NoExpression."""
    if len(text) > MOST_CHARACTERS:
        raise NoExpression(f"has {len(text)} characters; at most {MOST_CHARACTERS} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NoExpression(f"cannot be read: {getattr(error, 'msg', error)}") from error
    evaluate = _of(tree, {name: place for place, name in enumerate(sensors)})
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(sensors)
    if not named:
        raise NoExpression("names no sensor")
    return Expression(frozenset(named), evaluate)


def _of(node: ast.expr, places: Mapping[str, int]) -> Evaluate:
    match node:
        case ast.Name(id=name) if name in places:
            return _column(places[name])
        case ast.Name(id=name):
            raise NoExpression(f"no sensor named {name}; there are {', '.join(places)}")
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _number(value)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            inner = _of(operand, places)
            return _applied(np.negative, [inner]) if isinstance(sign, ast.USub) else inner
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return _applied(_OPERATORS[type(operator)], [_of(left, places), _of(right, places)])
        case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
            return _applied(np.abs, [_of(argument, places)])
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=[_, _, *_], keywords=[]):
            return _folded(_CHOICES[name], [_of(argument, places) for argument in node.args])
    raise NoExpression(f"{ast.unparse(node)} is none of {_ALLOWED}")


def _column(place: int) -> Evaluate:
    return lambda columns: columns[place]


def _number(value: float) -> Evaluate:
    if not math.isfinite(value):
        raise NoExpression("holds a number that is too large")
    number = np.array(float(value))
    return lambda _: number


def _applied(operation: Callable[..., Floats], arguments: Sequence[Evaluate]) -> Evaluate:
    return lambda columns: operation(*(argument(columns) for argument in arguments))


def _folded(operation: Callable[[Floats, Floats], Floats], arguments: Sequence[Evaluate]) -> Evaluate:
    return lambda columns: reduce(operation, (argument(columns) for argument in arguments))


_OPERATORS: Mapping[type[ast.operator], Callable[..., Floats]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
}
_CHOICES: Mapping[str, Callable[[Floats, Floats], Floats]] = {"min": np.minimum, "max": np.maximum}
"""An absent sensor makes the smaller one of two absent as well: nobody knows it."""
