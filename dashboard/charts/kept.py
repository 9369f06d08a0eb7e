"""What charts keep, so that it is not made anew at every redraw.

What depends on a series of somebody's own is kept with the layout of its run, and goes with it: no
name or number of a visitor's file outlives the session. All else is kept for everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from dashboard.charts.base import Spec
from dashboard.charts.window_layout import WindowLayout

#: In a specification, alone or in a text: where `named` puts a column's name.
COLUMN = "\N{OBJECT REPLACEMENT CHARACTER}column"
# Of one function for one layout: languages and sizes, and the windows that two plots share.
_MOST_OWN = 8

P = ParamSpec("P")
R = TypeVar("R")


def kept(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function has returned for its last arguments, which are hashable.

    A function whose other arguments come from a series, such as the values of its floors, takes the
    layout of the run as well, read or not: without it they would be kept for everybody.

    Args:
        most: results that are kept for everybody; fewer where a layout keeps its own.
    """

    def decorate(make: Callable[P, R]) -> Callable[P, R]:
        shared = lru_cache(maxsize=most)(make)

        @wraps(make)
        def get(*args: P.args, **kwargs: P.kwargs) -> R:
            layouts = (each for each in args if isinstance(each, WindowLayout))
            own = next((layout.keeps for layout in layouts if layout.keeps is not None), None)
            found: Any = shared
            if own is not None:
                found = own.setdefault(make, None) or lru_cache(maxsize=min(most, _MOST_OWN))(make)
                own[make] = found
            result: R = found(*args, **kwargs)
            return result

        return get

    return decorate


def named(spec: Spec, column: str) -> Spec:
    """The specification with a column's name in place of `COLUMN`; equal for equal names.

    Args:
        spec: made for any name, which it does not hold.
        column: the name.
    """
    return {key: _named(value, column) for key, value in spec.items()}


def _named(value: Any, column: str) -> Any:
    if isinstance(value, dict):
        return {key: _named(each, column) for key, each in value.items()}
    if isinstance(value, list):
        return [_named(each, column) for each in value]
    return value.replace(COLUMN, column) if isinstance(value, str) else value
