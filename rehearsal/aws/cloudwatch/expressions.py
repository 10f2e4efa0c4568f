"""Metric math: arithmetic, comparisons, FILL, IF, MAX and SUM on time series.

What CloudWatch offers beyond these is refused, not guessed.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from math import isnan, nan
from typing import TypeAlias

__all__ = ["ExpressionError", "Series", "evaluate", "names"]

Series: TypeAlias = "tuple[float | None, ...]"
"""A value for each period, oldest first; None where there is no datapoint."""

_Value: TypeAlias = "float | Series | list[Series]"

_OPERATORS: Mapping[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class ExpressionError(ValueError):
    """An expression that CloudWatch refuses, or that is not embedded."""


def names(expression: str) -> set[str]:
    """Return the ids that an expression reads."""
    nodes = list(ast.walk(_parse(expression)))
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return {
        node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in functions and node.id != "REPEAT"
    }


def evaluate(expression: str, series: Mapping[str, Series]) -> Series:
    """Evaluate an expression of the series that it names, all of the same length.

    Raises ExpressionError where it is no expression, names another series, or ends in a number.
    """
    value = _value(_parse(expression), series)
    if not isinstance(value, tuple):
        raise ExpressionError(f"{expression}: the result must be a single time series")
    return tuple(None if each is None or isnan(each) else each for each in value)


def _parse(expression: str) -> ast.expr:
    """Parse by Python's grammar, whose precedence these operators share."""
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"{expression}: not an expression of metric math that is embedded") from error


def _value(node: ast.expr, series: Mapping[str, Series]) -> _Value:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) if name in series:
            return series[name]
        case ast.Name(id=name):
            raise ExpressionError(f"no metric or expression has the id {name}")
        case ast.List(elts=nodes):
            return [_single(each, series) for each in nodes]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _each(operator.mul, -1.0, _one(operand, series))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _each(_OPERATORS[type(op)], _one(left, series), _one(right, series))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return _each(_OPERATORS[type(op)], _one(left, series), _one(right, series))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, arguments, series)
        case _:
            raise ExpressionError(f"{ast.unparse(node)}: not an expression of metric math that is embedded")


def _call(name: str, arguments: Sequence[ast.expr], series: Mapping[str, Series]) -> _Value:
    match name, arguments:
        case (("SUM" | "MAX"), [argument]):
            return _total(sum if name == "SUM" else max, _value(argument, series))
        case "FILL", [filled, ast.Name(id="REPEAT")]:
            return tuple(accumulate(_single(filled, series), lambda last, value: last if value is None else value))
        case "FILL", [filled, filler]:
            return _fill(_single(filled, series), _one(filler, series))
        case "IF", [condition, then, *otherwise] if len(otherwise) < 2:
            found = [_one(each, series) for each in (condition, then, *otherwise)]
            return _if(found[0], found[1], found[2] if otherwise else None)
        case _:
            raise ExpressionError(f"{name} of {len(arguments)}: not a function of metric math that is embedded")


def _one(node: ast.expr, series: Mapping[str, Series]) -> float | Series:
    value = _value(node, series)
    if isinstance(value, list):
        raise ExpressionError(f"{ast.unparse(node)}: an array of time series is embedded in SUM and MAX only")
    return value


def _single(node: ast.expr, series: Mapping[str, Series]) -> Series:
    value = _one(node, series)
    if not isinstance(value, tuple):
        raise ExpressionError(f"{ast.unparse(node)}: must be a time series")
    return value


def _each(function: Callable[[float, float], float], left: float | Series, right: float | Series) -> float | Series:
    """Combine period by period; a datapoint that one of two series lacks counts as 0, a division by it is dropped."""
    if not isinstance(left, tuple) and not isinstance(right, tuple):
        found = _apply(function, left, right)
        return nan if found is None else found  # dropped with every datapoint that it is used for
    length = len(left) if isinstance(left, tuple) else len(right) if isinstance(right, tuple) else 0
    pairs = zip(_spread(left, length), _spread(right, length), strict=True)
    return tuple(
        None if _missing(left, a) and _missing(right, b) else _apply(function, a or 0.0, b or 0.0) for a, b in pairs
    )


def _spread(value: float | Series | None, length: int) -> Series:
    return value if isinstance(value, tuple) else (value,) * length


def _missing(side: float | Series, value: float | None) -> bool:
    """Tell whether a side gives a period no datapoint: a number belongs to the other side's."""
    return value is None or not isinstance(side, tuple)


def _apply(function: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        return float(function(left, right))
    except ZeroDivisionError:
        return None


def _total(function: Callable[[Sequence[float]], float], value: _Value) -> _Value:
    """Reduce an array to a series and a series to a number, as CloudWatch does."""
    if isinstance(value, list):
        columns = [[each for each in column if each is not None] for column in zip(*value, strict=True)]
        return tuple(function(column) if column else None for column in columns)
    if isinstance(value, tuple):
        return function([each for each in value if each is not None] or [0.0])
    raise ExpressionError("SUM and MAX take a time series or an array of them")


def _fill(series: Series, filler: float | Series) -> Series:
    pairs = zip(series, _spread(filler, len(series)), strict=True)
    return tuple(other if value is None else value for value, other in pairs)


def _if(condition: float | Series, then: float | Series, otherwise: float | Series | None) -> Series:
    """Choose period by period; the first branch counts as 0 where it has no datapoint, the second is dropped."""
    given = [each for each in (condition, then, otherwise) if isinstance(each, tuple)]
    if not given:
        raise ExpressionError("IF takes at least one time series")
    spread = (_spread(each, len(given[0])) for each in (condition, then, otherwise))
    chosen = zip(*spread, strict=True)
    if isinstance(condition, tuple):
        return tuple(None if c is None else (a or 0.0) if c else b for c, a, b in chosen)
    return tuple(a if c else b for c, a, b in chosen)
