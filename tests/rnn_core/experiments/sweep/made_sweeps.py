"""Small sweeps for tests."""

from __future__ import annotations

from typing import Any

from rnn_core.experiments.sweep import Outcome, Space


def small(**more: Any) -> Space:
    """Four points of two seeds and 20 steps."""
    return Space(
        **{
            "axes": {"cell": ["rnn", "gru"], "lr": [0.01, 0.02]},
            "settings": {"hidden_size": 4},
            "steps": 20,
            "seeds": 2,
            "objective": "online_loss",
            "engine": "torch",
            **more,
        }
    )


def outcome(*values: float) -> Outcome:
    """A result with these losses."""
    return Outcome(
        values=values,
        steps=20,
        diverged=0,
        parameters=10,
        hidden_size=4,
        curve=((0.0,), (1.0,), (1.0,), (1.0,)),
        seconds=0.1,
        engine="torch",
    )
