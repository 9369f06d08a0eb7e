"""Autograd stands in for closed forms: hide them, and every diagnostic stays the same."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from itertools import product as pairs
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import CELLS, RunConfig, Trainer
from rnn_core.cells.base import Cell, layers_of
from rnn_core.cells.derivatives import derivatives, product
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
        *pairs(("rnn", "lstm", "gru", "rnn_relu"), (without_closed_forms, with_the_module_alone)),
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
    # A row for all scalars, and one for each.
    for rows in (2, np.array([4, 0, 0, 3])):
        expected, found = (one.pull(rows, after, with_weight=True) for one in (closed, open_))
        assert expected.weight is not None
        assert expected.weight.shape == layer.weights["weight_hh"].shape
        assert_same(found[1:], expected[1:], "pulled")
    alone = [
        closed.pull(row, tuple(part[n : n + 1] for part in after), with_weight=True)
        for n, row in enumerate([4, 0, 0, 3])
    ]
    for part, one in enumerate(zip(*(each.before for each in alone), strict=True)):
        np.testing.assert_allclose(expected.before[part], np.concatenate(one), rtol=1e-12)
    whole = sum(each.weight for each in alone if each.weight is not None)
    np.testing.assert_allclose(expected.weight, whole, rtol=1e-12)
    nothing = tuple(part[:0] for part in after)
    for one in (closed, open_):
        empty = one.pull(2, nothing, with_weight=True)
        assert empty.weight is not None
        assert empty.weight.shape == layer.weights["weight_hh"].shape
        assert not empty.weight.any()
        assert [part.shape for part in (*empty.after, *empty.before, empty.inputs)] == [
            *[(0, 3)] * (2 * len(state)),
            (0, 2),
        ]
        assert one.pull(2, after).weight is None


@pytest.mark.parametrize("small", [0, 96])
@pytest.mark.parametrize("hide", [None, without_closed_forms, with_the_module_alone])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "rnn_relu", "peephole_lstm", "min_gru"])
def test_pushed_changes_are_those_times_the_jacobian(
    name: str, hide: Any, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnn_core.cells.derivatives._SMALL", small)
    monkeypatch.setattr("rnn_core.cells.derivatives._KEPT", 60)  # a few rows together
    cell = CELLS[name]
    model = RecurrentModel(RunConfig(cell=name, hidden_size=3), input_size=2)
    numbers = np.random.default_rng(0)
    x = numbers.standard_normal((5, 2))
    state = tuple(numbers.standard_normal((5, 3)) for _ in cell.state_parts)
    # Modules that are made from the step equations have no other way.
    if hide is with_the_module_alone and name in ("peephole_lstm", "min_gru"):
        hide = without_closed_forms
    (layer,) = layers_of(hide(cell) if hide else cell, model.rnn)
    at = derivatives(layer, x, state, layer.step(x, state))
    jacobians = at.jacobians()
    before = tuple(numbers.standard_normal((4, 3)) for _ in state)
    inputs = numbers.standard_normal((4, 2))
    for row in (2, 3, 0, 4):
        by_state, by_input = (each[row] for each in jacobians)
        kept = np.concatenate(before, axis=1) @ by_state.T
        for given, expected in ((None, kept), (inputs, kept + inputs @ by_input.T)):
            found = np.concatenate(at.push(row, before, given), axis=1)
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-13)


def test_autograd_works_through_jacobians_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = without_closed_forms(CELLS["lstm"])
    model = RecurrentModel(RunConfig(cell="lstm", hidden_size=3))
    (layer,) = layers_of(cell, model.rnn)
    x, state = np.ones((2, 1)), (np.full((2, 3), 0.5), np.full((2, 3), -0.5))
    whole = derivatives(layer, x, state, layer.step(x, state)).jacobians()
    monkeypatch.setattr("rnn_core.cells.derivatives._NUMBERS", 1)
    parts = derivatives(layer, x, state, layer.step(x, state)).jacobians()
    assert_same(parts, whole, "jacobians")


def test_products_are_numpys_on_the_threads_of_torch() -> None:
    matrices = np.random.default_rng(0).standard_normal((3, 4, 4))
    np.testing.assert_allclose(product(matrices, matrices), matrices @ matrices, rtol=1e-12)
