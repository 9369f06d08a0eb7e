"""Autograd stands in for closed forms: hide them, and every diagnostic stays the same."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import CELLS, RunConfig, Trainer
from rnn_core.cells.base import Cell, layers_of
from rnn_core.cells.derivatives import derivatives
from rnn_core.models import RecurrentModel
from tests.rnn_core.diagnostics.views import DISSECTED, VIEWS
from tests.rnn_core.runs import first

EVERY_VIEW = {**VIEWS, **DISSECTED}


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
    scope="module",
    params=[(cell, depth) for cell in ("rnn", "lstm", "gru", "rnn_relu") for depth in (1, 2)],
)
def trainer(request: pytest.FixtureRequest) -> Trainer:
    cell, depth = request.param
    config = RunConfig(cell=cell, hidden_size=4, num_layers=depth, clip_norm=0.5, lr=0.05)
    trainer = Trainer(config, dtype=torch.float64)
    first(30, trainer)
    return trainer


def seen(view: str, trainer: Trainer, cell: Cell) -> Any:
    own, trainer.model.cell = trainer.model.cell, cell
    try:
        return EVERY_VIEW[view](trainer, trainer.context())
    finally:
        trainer.model.cell = own


@pytest.mark.parametrize("view", EVERY_VIEW)
def test_without_closed_forms_every_diagnostic_stays_the_same(trainer: Trainer, view: str) -> None:
    cell = trainer.model.cell
    assert cell.local_derivatives is not None
    found = seen(view, trainer, without_closed_forms(cell))
    assert_same(found, seen(view, trainer, cell), view)


@pytest.mark.parametrize("view", sorted(set(EVERY_VIEW) - {"gates_over_time", "equations"}))
def test_with_the_module_alone_every_diagnostic_stays_the_same(trainer: Trainer, view: str) -> None:
    cell = trainer.model.cell
    expected, found = (seen(view, trainer, one) for one in (cell, with_the_module_alone(cell)))
    if view == "unroll":
        expected, found = (one._replace(gates=None) for one in (expected, found))
    if view == "gradient_by_lag":
        # What c does to its own h is not seen from outside the module.
        expected, found = expected.hidden, found.hidden
    assert_same(found, expected, view)


@pytest.mark.parametrize(
    ("name", "hide"),
    [
        *product(("rnn", "lstm", "gru", "rnn_relu"), (without_closed_forms, with_the_module_alone)),
        # Its module is made from the step equations.
        ("peephole_lstm", without_closed_forms),
    ],
)
def test_many_rows_and_many_scalars_are_the_same_by_both_ways(name: str, hide: Any) -> None:
    cell = CELLS[name]
    model = RecurrentModel(RunConfig(cell=name, hidden_size=3), input_size=2)
    numbers = np.random.default_rng(0)
    x = numbers.standard_normal((5, 2))
    state = tuple(numbers.standard_normal((5, 3)) for _ in cell.state_parts)
    after = tuple(numbers.standard_normal((4, 3)) for _ in cell.state_parts)
    (layer,) = layers_of(cell, model.rnn)
    closed = derivatives(layer, x, state, layer.step(x, state))
    (other,) = layers_of(hide(cell), model.rnn)
    open_ = derivatives(other, x, state, other.step(x, state))
    assert_same(open_.jacobians(), closed.jacobians(), "jacobians")
    expected, found = (one.pull(2, after, with_weight=True) for one in (closed, open_))
    assert expected.weight is not None
    assert expected.weight.shape == (4, *layer.weights["weight_hh"].shape)
    assert_same(found[1:], expected[1:], "pulled")
    nothing = tuple(part[:0] for part in after)
    for one in (closed, open_):
        empty = one.pull(2, nothing, with_weight=True)
        assert empty.weight is not None
        assert empty.weight.shape == (0, *layer.weights["weight_hh"].shape)
        assert [part.shape for part in (*empty.after, *empty.before, empty.inputs)] == [
            *[(0, 3)] * (2 * len(state)),
            (0, 2),
        ]
        assert one.pull(2, after).weight is None


def test_autograd_works_through_jacobians_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = without_closed_forms(CELLS["lstm"])
    model = RecurrentModel(RunConfig(cell="lstm", hidden_size=3))
    (layer,) = layers_of(cell, model.rnn)
    x, state = np.ones((2, 1)), (np.full((2, 3), 0.5), np.full((2, 3), -0.5))
    whole = derivatives(layer, x, state, layer.step(x, state)).jacobians()
    monkeypatch.setattr("rnn_core.cells.derivatives._NUMBERS", 1)
    parts = derivatives(layer, x, state, layer.step(x, state)).jacobians()
    assert_same(parts, whole, "jacobians")
