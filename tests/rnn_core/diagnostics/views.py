"""Every diagnostic, asked of a trainer that holds a step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from rnn_core import Trainer
from rnn_core import diagnostics as views
from rnn_core.diagnostics import FixedPoints, StepContext

View = Callable[[Trainer, StepContext], object]


def in_order(found: FixedPoints) -> dict[str, np.ndarray]:
    """Points by their place: those of zero speed have no order of their own."""
    order = np.argsort(found.points[:, 0])
    names = ("points", "top", "speed", "eigenvalues", "unstable", "found_by")
    return {name: getattr(found, name)[order] for name in names}


def loss(context: StepContext) -> dict[str, object]:
    return {"criterion": context.criterion, "loss_mask": context.loss_mask}


VIEWS: dict[str, View] = {
    "unroll": lambda t, m: views.unroll(m.model, m.inputs, m.state)._replace(layers=()),
    "jacobians": lambda t, m: views.unroll(m.model, m.inputs, m.state).jacobians([0, 3]),
    "equations": lambda t, m: views.unroll(m.model, m.inputs, m.state).equations(2, 1),
    "gates_over_time": lambda t, m: (
        views.gates_over_time(m.model, m.inputs, m.state) if m.model.cell.gates else None
    ),
    "gradient_by_lag": lambda t, m: views.gradient_by_lag(
        m.model, m.inputs, m.state, m.targets, **loss(m)
    ),
    "saliency": lambda t, m: views.saliency(m.model, m.inputs, m.state),
    "shares_by_lag": lambda t, m: views.shares_by_lag(
        m.model, m.inputs, m.state, m.targets, **loss(m)
    ),
    "shares_by_lag up to 3": lambda t, m: views.shares_by_lag(
        m.model, m.inputs, m.state, m.targets, **loss(m), max_lag=3
    ),
    "weight_spectrum": lambda t, m: views.weight_spectrum(m.model),
    "step_spectrum": lambda t, m: views.step_spectrum(m.model, m.inputs, m.state),
    "lyapunov": lambda t, m: views.lyapunov(m.model, m.inputs, m.state),
    "hidden_trajectory": lambda t, m: views.hidden_trajectory(m.model, m.inputs, m.state),
    # A few iterations: after many, roundings have led two searches to different points.
    "find_fixed_points": lambda t, m: in_order(
        views.find_fixed_points(m.model, m.inputs, m.state, max_starts=12, iterations=8, slow=10.0)
    ),
    "weight_matrices": lambda t, m: views.weight_matrices(
        m.model, before=views.copy_parameters(m.model)
    ),
    "memory_capacity": lambda t, m: views.memory_capacity(
        m.model, max_lag=5, blocks=2, samples=40, washout=5
    ),
    "free_run": lambda t, m: views.free_run(
        m.model, m.inputs, m.targets, m.state, warmup=5, horizon=2
    ),
}
#: It trains a copy one step further, so it needs a run that has not diverged.
DISSECTED: dict[str, View] = {
    "dissect_update": lambda t, m: dataclasses.replace(
        views.dissect_update(t),
        unrolled=None,  # type: ignore[arg-type]
    )
}
