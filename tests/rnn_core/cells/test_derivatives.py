"""Autograd stands in for closed forms: hide them, and every diagnostic stays the same."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import RunConfig, Trainer
from rnn_core import diagnostics as views
from rnn_core.cells.base import Cell
from rnn_core.diagnostics import FixedPoints, StepContext
from tests.rnn_core.runs import first

View = Callable[[Trainer, StepContext], object]


def in_order(found: FixedPoints) -> dict[str, np.ndarray]:
    """Points by their place: those of zero speed have no order of their own."""
    order = np.argsort(found.points[:, 0])
    names = ("points", "top", "speed", "eigenvalues", "unstable", "found_by")
    return {name: getattr(found, name)[order] for name in names}


VIEWS: dict[str, View] = {
    "unroll": lambda t, m: views.unroll(m.model, m.inputs, m.state)._replace(cell=None, layers=()),
    "unrolled_jacobians": lambda t, m: views.unroll(m.model, m.inputs, m.state).jacobians([0, 3]),
    "equations": lambda t, m: views.unroll(m.model, m.inputs, m.state).equations(2, 1),
    "gates_over_time": lambda t, m: (
        views.gates_over_time(m.model, m.inputs, m.state) if m.model.cell.gates else None
    ),
    "gradient_by_lag": lambda t, m: views.gradient_by_lag(m.model, m.inputs, m.state, m.targets),
    "saliency": lambda t, m: views.saliency(m.model, m.inputs, m.state),
    "shares_by_lag": lambda t, m: views.shares_by_lag(m.model, m.inputs, m.state, m.targets),
    "shares_by_lag_up_to_3": lambda t, m: views.shares_by_lag(
        m.model, m.inputs, m.state, m.targets, max_lag=3
    ),
    "weight_spectrum": lambda t, m: views.weight_spectrum(m.model),
    "step_spectrum": lambda t, m: views.step_spectrum(m.model, m.inputs, m.state),
    "lyapunov": lambda t, m: views.lyapunov(m.model, m.inputs, m.state),
    "hidden_trajectory": lambda t, m: views.hidden_trajectory(m.model, m.inputs, m.state),
    # A few iterations: a long search ends elsewhere after another rounding.
    "find_fixed_points": lambda t, m: in_order(
        views.find_fixed_points(m.model, m.inputs, m.state, starts=12, iterations=8, slow=10.0)
    ),
    "weight_matrices": lambda t, m: views.weight_matrices(m.model),
    "state_ablation": lambda t, m: views.state_ablation(m.model, t.task, windows=3, state=m.state),
    "free_run": lambda t, m: views.free_run(
        m.model, m.inputs, m.targets, m.state, warmup=5, horizon=2
    ),
    "dissect_update": lambda t, m: dataclasses.replace(
        views.dissect_update(t),
        unrolled=None,  # type: ignore[arg-type]
    ),
}


def without_closed_forms(cell: Cell) -> Cell:
    hidden = copy.copy(cell)
    hidden.local_derivatives = None
    return hidden


def with_the_module_alone(cell: Cell) -> Cell:
    """Nothing is left but PyTorch's module, called one time step at a time."""
    hidden = without_closed_forms(cell)
    hidden.step = None
    return hidden


def assert_same(found: Any, expected: Any, at: str) -> None:
    if isinstance(expected, np.ndarray):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11, err_msg=at)
    elif isinstance(expected, Cell):
        assert found.name == expected.name
    elif isinstance(expected, Mapping):
        assert list(found) == list(expected), at
        for key, value in expected.items():
            assert_same(found[key], value, f"{at}[{key}]")
    elif dataclasses.is_dataclass(expected):
        for field in dataclasses.fields(expected):
            assert_same(
                getattr(found, field.name), getattr(expected, field.name), f"{at}.{field.name}"
            )
    elif isinstance(expected, tuple):
        assert len(found) == len(expected), at
        for index, value in enumerate(expected):
            assert_same(found[index], value, f"{at}[{index}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9), at
    else:
        assert found == expected, at


@pytest.fixture(
    scope="module", params=[(cell, depth) for cell in ("rnn", "lstm", "gru") for depth in (1, 2)]
)
def trainer(request: pytest.FixtureRequest) -> Trainer:
    cell, depth = request.param
    config = RunConfig(cell=cell, hidden_size=4, num_layers=depth, clip_norm=0.5, lr=0.05)
    trainer = Trainer(config, dtype=torch.float64)
    first(30, trainer)
    return trainer


def seen(view: str, trainer: Trainer, cell: Cell) -> object:
    context = trainer.context()
    own, trainer.model.cell = trainer.model.cell, cell
    try:
        return VIEWS[view](trainer, context)
    finally:
        trainer.model.cell = own


@pytest.mark.parametrize("view", VIEWS)
def test_without_closed_forms_every_diagnostic_stays_the_same(trainer: Trainer, view: str) -> None:
    cell = trainer.model.cell
    assert cell.local_derivatives is not None
    found = seen(view, trainer, without_closed_forms(cell))
    assert_same(found, seen(view, trainer, cell), view)


@pytest.mark.parametrize("view", sorted(set(VIEWS) - {"gates_over_time", "equations"}))
def test_with_the_module_alone_every_diagnostic_stays_the_same(trainer: Trainer, view: str) -> None:
    cell = trainer.model.cell
    expected, found = (seen(view, trainer, c) for c in (cell, with_the_module_alone(cell)))
    if view == "unroll":
        expected, found = (one._replace(gates=None) for one in (expected, found))
    if view == "gradient_by_lag":
        # What c does to its own h is not seen from outside the module.
        expected, found = expected.hidden, found.hidden
    assert_same(found, expected, view)
