"""What a sweep has found, as a table and as a ranking."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rnn_core.experiments.sweep.space import Space
from rnn_core.experiments.sweep.study import DONE, SweptPoint


def best(points: Sequence[SweptPoint]) -> SweptPoint | None:
    """The point with the lowest median, the first of equals; None before one is done."""
    done = [each for each in points if each.outcome is not None]
    return min(done, key=_value, default=None)


def _value(point: SweptPoint) -> float:
    assert point.outcome is not None
    value = point.outcome.value
    return math.inf if math.isnan(value) else value


def table(space: Space, points: Sequence[SweptPoint]) -> dict[str, list[Any]]:
    """One row for each network, and one for each point that has none, column by column.

    Args:
        space: of the sweep.
        points: of the sweep.

    Returns:
        ``point``, ``state``, a column for each setting that varies, ``seed``, the objective,
        ``median`` over the seeds, ``hidden_size`` where it does not vary, ``parameters``,
        ``steps``, ``diverged`` (how many of the point's networks), ``engine``, ``seconds`` and
        ``error``. None where there is nothing.
    """
    rows: list[dict[str, Any]] = []
    for each in points:
        setting = {name: each.point.get(name) for name in space.axes}
        head = {"point": each.number, "state": each.state, **setting}
        outcome = each.outcome
        if outcome is None:
            rows.append({**head, "error": each.error or None})
            continue
        tail = {
            "median": outcome.value,
            "hidden_size": outcome.hidden_size,
            "parameters": outcome.parameters,
            "steps": outcome.steps,
            "diverged": outcome.diverged,
            "engine": outcome.engine,
            "seconds": outcome.seconds,
        }
        rows += [
            {**head, "seed": seed, space.objective: value, **tail}
            for seed, value in zip(space.seed_numbers, outcome.values, strict=True)
        ]
    names = (
        *("point", "state", *space.axes, "seed", space.objective, "median"),
        *(() if "hidden_size" in space.axes else ("hidden_size",)),
        *("parameters", "steps", "diverged", "engine", "seconds", "error"),
    )
    return {name: [row.get(name) for row in rows] for name in names}


def ranked(points: Sequence[SweptPoint]) -> list[SweptPoint]:
    """The points that are done, those with the lowest median first."""
    return sorted((each for each in points if each.state == DONE), key=_value)
