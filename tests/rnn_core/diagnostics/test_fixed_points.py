from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import RecurrentModel, RunConfig
from rnn_core.diagnostics import FixedPoints, find_fixed_points
from tests.rnn_core.diagnostics.by_torch import CELLS, case, step_jacobian

#: The positive solution of h = tanh(2 h).
HELD = 0.9575040240772687
#: Where h = tanh(2 h + b) has its two lower solutions fall together: 2 (1 - h²) = 1.
TANGENT = -np.sqrt(0.5)
FOLD = np.arctanh(TANGENT) - 2 * TANGENT


def switches(units: int, bias: float = 0.0) -> RecurrentModel:
    """Units that know nothing of each other: h' = tanh(2 h + 3 x + bias)."""
    model = RecurrentModel(RunConfig(hidden_size=units), input_size=units, dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.rnn.weight_hh_l0.copy_(2 * torch.eye(units))
        model.rnn.weight_ih_l0.copy_(3 * torch.eye(units))
        model.rnn.bias_hh_l0.fill_(bias)
    return model


def pulses(units: int) -> np.ndarray:
    return np.random.default_rng(0).integers(-1, 2, (40, units)).astype(float)


def step(model: RecurrentModel, point: np.ndarray, frozen: np.ndarray) -> np.ndarray:
    """PyTorch's own step of a whole state."""
    layers, hidden = model.rnn.num_layers, model.rnn.hidden_size
    parts = torch.from_numpy(point).view(-1, layers, 1, hidden)
    state = (parts[0], parts[1]) if len(parts) == 2 else parts[0]
    with torch.no_grad():
        after = model.rnn(torch.from_numpy(frozen)[None, None], state)[1]
    return (
        torch.cat([part.flatten() for part in after]).numpy()
        if len(parts) == 2
        else (after.flatten().numpy())
    )


@pytest.mark.parametrize("units", [1, 2, 3])
def test_independent_switches_have_every_combination_of_their_three_points(units: int) -> None:
    found = find_fixed_points(switches(units), pulses(units), noise=1.0, starts=512)
    assert found.fixed.all()
    rounded = {tuple(point) for point in np.sign(np.round(found.points, 6)).tolist()}
    assert len(rounded) == len(found.points) == 3**units
    np.testing.assert_allclose(
        np.abs(found.points), HELD * (np.round(found.points, 6) != 0), atol=1e-6
    )
    assert Counter(found.kinds) == {
        "stable": 2**units,
        "unstable": 1,
        **({"saddle": 3**units - 2**units - 1} if units > 1 else {}),
    }
    # Each unit at 0 is one unstable direction, with eigenvalue 2.
    np.testing.assert_array_equal(found.unstable, np.sum(np.abs(found.points) < 0.5, axis=1))
    for point, values in zip(found.points, found.eigenvalues, strict=True):
        expected = np.sort(np.where(np.abs(point) < 0.5, 2.0, 2 * (1 - HELD**2)))[::-1]
        np.testing.assert_allclose(values, expected, atol=1e-6)
    assert found.found_by.sum() <= 512


def test_a_frozen_input_that_is_strong_leaves_one_point() -> None:
    found = find_fixed_points(switches(2), pulses(2), frozen=[1.0, -1.0], noise=1.0)
    assert found.kinds == ("stable",)
    assert found.points[0, 0] == pytest.approx(-found.points[0, 1])
    assert found.points[0, 0] == pytest.approx(np.tanh(2 * found.points[0, 0] + 3))


def test_just_beyond_the_fold_a_slow_point_is_left() -> None:
    bias = FOLD + 1e-3
    found = find_fixed_points(switches(1, bias), pulses(1), noise=1.0)
    slow = found.points[~found.fixed]
    assert len(slow) == 1
    grid = np.linspace(-0.8, -0.6, 200_001)
    speed = 0.5 * (np.tanh(2 * grid + bias) - grid) ** 2
    assert slow[0, 0] == pytest.approx(grid[speed.argmin()], abs=1e-4)
    assert found.speed[~found.fixed][0] == pytest.approx(speed.min(), rel=1e-3)
    assert found.points[found.fixed].min() > 0.9
    none = find_fixed_points(switches(1, bias), pulses(1), noise=1.0, slow=speed.min() / 2)
    assert none.fixed.all()


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_pytorchs_own_step_leaves_them_where_they_are(cell: str, layers: int) -> None:
    example = case(cell, layers)
    frozen = np.array([0.3, -0.2])
    found = find_fixed_points(example.model, example.inputs, example.state, frozen=frozen)
    assert found.fixed.any()
    hidden = example.model.rnn.hidden_size
    assert found.points.shape[1] == layers * hidden * (2 if cell == "lstm" else 1)
    for number in np.flatnonzero(found.fixed):
        point = found.points[number]
        np.testing.assert_allclose(step(example.model, point, frozen), point, atol=2e-6)
        np.testing.assert_array_equal(
            found.top[number], point[(layers - 1) * hidden : layers * hidden]
        )
        jacobian = step_jacobian(example.model, frozen, point)
        moduli = np.sort(np.abs(np.linalg.eigvals(jacobian)))[::-1]
        np.testing.assert_allclose(np.abs(found.eigenvalues[number]), moduli, atol=1e-7)
        assert found.unstable[number] == np.sum(moduli > 1)


def test_points_come_slowest_first_apart_from_each_other_and_the_same_each_time() -> None:
    example = case("gru")
    found = find_fixed_points(example.model, example.inputs, slow=1e-2)
    assert (np.diff(found.speed) >= 0).all()
    apart = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    assert (apart[~np.eye(len(apart), dtype=bool)] >= 1e-3).all()
    again = find_fixed_points(example.model, example.inputs, slow=1e-2)
    np.testing.assert_array_equal(again.points, found.points)


def test_a_network_whose_weights_are_not_finite_has_none() -> None:
    model = switches(2)
    with torch.no_grad():
        model.rnn.weight_hh_l0.fill_(float("nan"))
    found = find_fixed_points(model, pulses(2))
    assert isinstance(found, FixedPoints)
    assert (found.points.shape, found.top.shape, found.kinds) == ((0, 2), (0, 2), ())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"starts": 0}, r"starts must be at least 1, got 0\. Try 256\."),
        ({"noise": -1.0}, r"noise must be at least 0, got -1\.0\. Try 0\.5\."),
        ({"slow": 0.0}, r"slow must be a positive number, got 0\.0\. Try 1e-5\."),
        ({"iterations": 0}, r"iterations must be at least 1, got 0\. Try 200\."),
        ({"frozen": [1.0]}, r"frozen must have shape \(2,\), got \(1,\)\. Give one number"),
    ],
)
def test_what_is_outside_its_limits_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find_fixed_points(switches(2), pulses(2), **wrong)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_an_infinite_weight_leaves_no_points_however_slow(cell: str) -> None:
    # The units it saturates are finite, the Jacobian there is not: LAPACK may crash on it.
    model = RecurrentModel(RunConfig(cell=cell, hidden_size=3), dtype=torch.float64)
    with torch.no_grad():
        model.rnn.get_parameter("weight_hh_l0")[0, 0] = torch.inf
    found = find_fixed_points(model, np.ones((4, 1)), starts=8, iterations=5, slow=10.0)
    assert found.points.shape[0] == 0
