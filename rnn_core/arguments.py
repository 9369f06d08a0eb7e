"""Checks of what public functions are given, before anything is computed from it.

Numbers within limits and names among others have their rules in `rnn_core.rules`. Here are the
rest: objects of a class, arrays, states. Every refusal reads
``<name> must be <rule>, got <value>. Try <suggestion>.``
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.messages import Brief
from rnn_core.rules import FloatRange, IntRange

_MOST = 2**31 - 1


def refused_type(name: str, rule: str, value: object, suggestion: str) -> TypeError:
    """The exception of the house's form for something of the wrong kind."""
    return TypeError(f"{name} must be {rule}, got {Brief(value)!r}. Try {suggestion}.")


def refused_value(name: str, rule: str, value: object, suggestion: str) -> ValueError:
    """The exception of the house's form for something outside its limits."""
    return ValueError(f"{name} must be {rule}, got {Brief(value)!r}. Try {suggestion}.")


def require(
    name: str, value: object, kind: type | tuple[type, ...], rule: str, suggestion: str
) -> None:
    """Refuse what is not an object of a class.

    Args:
        name: of the parameter.
        value: what was given for it.
        kind: the classes that are allowed.
        rule: in words: ``"a RunConfig"``.
        suggestion: what to give instead.

    Raises:
        TypeError: when the value is of no such class.
    """
    if not isinstance(value, kind):
        raise refused_type(name, rule, value, suggestion)


def require_callable(name: str, value: object, rule: str, suggestion: str) -> None:
    """Refuse what cannot be called.

    Raises:
        TypeError: when it cannot.
    """
    if not callable(value):
        raise refused_type(name, rule, value, suggestion)


def items(name: str, values: Any, rule: str, suggestion: str) -> tuple[Any, ...]:
    """The items of a sequence or any other collection that is no text.

    Raises:
        TypeError: when there are no items, or the value is a text, whose items are its letters.
    """
    if isinstance(values, (str, bytes)):
        raise refused_type(name, rule, values, suggestion)
    try:
        return tuple(values)
    except TypeError:
        raise refused_type(name, rule, values, suggestion) from None


def whole(name: str, value: Any, suggestion: int, low: int = 0, high: int = _MOST) -> int:
    """A whole number within limits.

    Raises:
        TypeError: when it is none; a bool is none.
        ValueError: when it lies outside the limits.
    """
    return IntRange(low, high).check(name, value, suggestion)


def real(name: str, value: Any, suggestion: float, low: float, *, open_low: bool = False) -> float:
    """A finite number from, or above, a lower limit.

    Raises:
        TypeError: when it is no number; a bool is none.
        ValueError: when it is not finite or lies below the limit.
    """
    return FloatRange(low, math.inf, open_low).check(name, value, suggestion)


def number(name: str, value: Any, suggestion: str) -> float:
    """Any real number, also one that is not finite; an int beyond all floats is infinite.

    Raises:
        TypeError: when it is no number; a bool is none.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise refused_type(name, "a number", value, suggestion)
    try:
        return float(value)
    except OverflowError:
        return math.inf if operator.gt(value, 0) else -math.inf


def real_numbers(name: str, values: Any, suggestion: str) -> NDArray[np.float64]:
    """A copy in float64 of an array, a tensor or nested sequences of real numbers.

    Args:
        name: of the parameter.
        values: of any shape, of any integer or floating dtype and byte order, or bools.
        suggestion: what to give instead.

    Raises:
        TypeError: when they are complex, texts, objects, or a tensor without values.
    """
    found: NDArray[Any]
    try:
        if isinstance(values, torch.Tensor):
            # NumPy has no bfloat16, and knows neither gradients nor other devices.
            kept = values.detach().cpu()
            found = (kept.double() if kept.is_floating_point() else kept).numpy()
        else:
            found = np.asarray(values)
    except (TypeError, ValueError, RuntimeError, NotImplementedError):
        # Nested lists of different lengths, a tensor on the meta device, an object's own error.
        raise refused_type(name, "real numbers", values, suggestion) from None
    if found.dtype.kind not in "biuf":
        raise refused_type(name, "real numbers", values, suggestion)
    return np.array(found, np.float64, order="C")


def require_state(
    state: Any, parts: int, layers: int, hidden: int, rows: int | None = None
) -> None:
    """Refuse what is not the state of a network.

    Args:
        state: None, a tensor, or a tuple of tensors where a cell has several parts.
        parts: of the cell's state.
        layers: L.
        hidden: H.
        rows: B; None for any number from 1.

    Raises:
        TypeError: when it is neither, or its numbers are not real floating ones.
        ValueError: when a part is missing or has another shape.
    """
    if state is None:
        return
    hint = "trainer.state, or None for zeros"
    wanted = f"({layers}, {'B' if rows is None else rows}, {hidden})"
    rule = f"a tensor {wanted}" if parts == 1 else f"a tuple of {parts} tensors {wanted}"
    found: Sequence[Any] = state if isinstance(state, tuple) else (state,)
    for part in found:
        if not isinstance(part, torch.Tensor) or not part.is_floating_point() or part.is_meta:
            raise refused_type("state", rule, state, hint)
    if isinstance(state, tuple) != (parts > 1) or len(found) != parts:
        raise refused_value("state", rule, state, hint)
    for part in found:
        shape = tuple(part.shape)
        fits = len(shape) == 3 and shape[0] == layers and shape[2] == hidden and shape[1] > 0
        if not fits or (rows is not None and shape[1] != rows):
            raise refused_value("state", rule, state, hint)
