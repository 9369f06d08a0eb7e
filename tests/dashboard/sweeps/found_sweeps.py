"""Sweeps that are done as far as a test needs it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dashboard.sweeps.manager import Snapshot
from rnn_core.experiments.sweep import Outcome, Space, SweptPoint


def space(**more: Any) -> Space:
    """Two cells, two learning rates, two seeds."""
    given: dict[str, Any] = {
        "axes": {"cell": ["rnn", "gru"], "lr": [0.01, 0.02]},
        "settings": {"hidden_size": 4},
        "steps": 20,
        "seeds": 2,
        "engine": "torch",
    }
    if "axes" in more:
        given["settings"] = {}
    return Space(**{**given, **more})


def point(
    number: int, settings: dict[str, Any], values: Sequence[float] = (), **more: Any
) -> SweptPoint:
    """A point with these results; one that waits where there are none."""
    outcome = Outcome(
        values=tuple(values),
        steps=20,
        diverged=sum(map(math.isinf, values)),
        parameters=10,
        hidden_size=4,
        curve=((0.0, 19.0), (1.0, 0.5), (1.0, 0.4), (1.0, 0.6)),
        seconds=2.0,
        engine="torch",
    )
    state = "done" if values else "waiting"
    given = {"state": state, "step": 0, "error": "", "worker": "", **more}
    return SweptPoint(number=number, point=settings, outcome=outcome if values else None, **given)


def points() -> tuple[SweptPoint, ...]:
    """Of `space`: two are done, one has diverged, one waits."""
    return (
        point(0, {"cell": "rnn", "lr": 0.01}, (0.3, 0.5)),
        point(1, {"cell": "rnn", "lr": 0.02}, (math.inf, math.inf)),
        point(2, {"cell": "gru", "lr": 0.01}, (0.1, 0.2)),
        point(3, {"cell": "gru", "lr": 0.02}),
    )


def snapshot(status: str = "running", **more: Any) -> Snapshot:
    """Of `points`."""
    given: dict[str, Any] = {
        "name": "0123456789",
        "space": space(),
        "status": status,
        "points": points(),
        "ahead": 0,
        "workers": 1,
        "problem": "",
        "taken": 0.0,
    }
    return Snapshot(**{**given, **more})
