from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import RecurrentModel, RunConfig, Trainer, register_cell
from rnn_core.cells.registry import CELLS as REGISTERED
from rnn_core.diagnostics import FixedPoints, find_fixed_points
from tests.rnn_core.diagnostics.by_torch import CELLS, case, step_jacobian
from tests.rnn_core.diagnostics.maps import (
    MapCell,
    keeper,
    linear,
    orthogonal,
    rectified,
    ring,
    with_eigenvalues,
)

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


@pytest.mark.parametrize("units", [1, 2, 3, 4])
def test_independent_switches_have_every_combination_of_their_three_points(units: int) -> None:
    found = find_fixed_points(switches(units), pulses(units))
    assert found.complete
    assert found.fixed.all()
    assert found.continua == ()
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
    assert found.found_by.sum() <= found.starts


def test_the_search_goes_on_while_starts_find_something_new() -> None:
    one, four = (find_fixed_points(switches(units), pulses(units)) for units in (1, 4))
    for found in (one, four):
        assert (found.complete, found.since_new) == (True, 512)
    assert 512 < one.starts < 600
    assert four.starts > 1000
    assert four.iterations > four.starts
    patient = find_fixed_points(switches(1), pulses(1), patience=100)
    assert (patient.complete, patient.since_new, patient.starts) == (True, 100, one.starts - 412)


def test_a_bound_that_stops_the_search_leaves_it_incomplete() -> None:
    few = find_fixed_points(switches(4), pulses(4), max_starts=100)
    assert (few.complete, few.starts) == (False, 100)
    assert few.since_new < 100
    assert 16 < len(few.points) < 81
    brief = find_fixed_points(switches(4), pulses(4), max_iterations=200)
    assert (brief.complete, brief.starts) == (False, 64)
    assert brief.iterations > 200


def test_a_frozen_input_that_is_strong_leaves_one_point() -> None:
    found = find_fixed_points(switches(2), pulses(2), frozen=[1.0, -1.0], noise=1.0)
    assert found.kinds == ("stable",)
    assert found.points[0, 0] == pytest.approx(-found.points[0, 1])
    assert found.points[0, 0] == pytest.approx(np.tanh(2 * found.points[0, 0] + 3))


def test_just_beyond_the_fold_a_slow_point_is_left() -> None:
    bias = FOLD + 1e-3
    found = find_fixed_points(switches(1, bias), pulses(1))
    slow = found.points[~found.fixed]
    assert len(slow) == 1
    grid = np.linspace(-0.8, -0.6, 200_001)
    speed = 0.5 * (np.tanh(2 * grid + bias) - grid) ** 2
    assert slow[0, 0] == pytest.approx(grid[speed.argmin()], abs=1e-4)
    assert found.speed[~found.fixed][0] == pytest.approx(speed.min(), rel=1e-3)
    assert found.points[found.fixed].min() > 0.9
    assert sorted(found.kinds) == ["slow", "stable"]
    none = find_fixed_points(switches(1, bias), pulses(1), slow=speed.min() / 2)
    assert none.fixed.all()


# With peepholes this large c holds its own forget gate open and grows without limit.
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", [name for name in CELLS if name != "peephole_lstm"])
def test_pytorchs_own_step_leaves_them_where_they_are(cell: str, layers: int) -> None:
    example = case(cell, layers)
    frozen = np.array([0.3, -0.2])
    found = find_fixed_points(example.model, example.inputs, example.state, frozen=frozen)
    assert found.fixed.any()
    assert found.marginal.sum() == 0
    hidden = example.model.rnn.hidden_size
    assert found.points.shape[1] == layers * hidden * (2 if cell.endswith("lstm") else 1)
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
        ({"patience": 0}, r"patience must be at least 1, got 0\. Try 512\."),
        ({"max_starts": 0}, r"max_starts must be at least 1, got 0\. Try 8192\."),
        ({"max_iterations": 0}, r"max_iterations must be at least 1, got 0\. Try 20000\."),
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
    found = find_fixed_points(model, np.ones((4, 1)), max_starts=8, iterations=5, slow=10.0)
    assert found.points.shape[0] == 0


# --- slow and marginal points ---------------------------------------------------------------------


def test_a_trained_gru_has_the_one_point_to_which_silence_leads_and_no_saddles() -> None:
    trainer = Trainer(RunConfig(cell="gru"))
    trainer.advance(601)
    at = trainer.context()
    found = find_fixed_points(at.model, at.inputs, at.state)
    assert found.kinds.count("stable") == found.fixed.sum() == 1
    assert set(found.kinds) <= {"stable", "slow"}
    starts = torch.rand(1, 20, 32) * 2 - 1
    with torch.no_grad():
        silence = trainer.model.rnn(torch.zeros(20, 3000, 1), starts)[1][0]
    np.testing.assert_allclose(silence, found.top[found.fixed].repeat(20, axis=0), atol=1e-4)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_unit_that_keeps_its_state_is_one_line_attractor(cell: str) -> None:
    inputs = np.random.default_rng(0).uniform(0, 1, (40, 1))
    found = find_fixed_points(keeper(cell, 1), inputs, patience=128)
    (line,) = found.continua
    assert (line.kind, line.attracting) == ("line", True)
    assert set(found.kinds) == {"marginal"}
    assert len(line.points) == len(found.points) > 100
    assert not found.isolated.any()
    assert (found.marginal == 1).all()
    np.testing.assert_allclose(found.eigenvalues[:, 0], 1, atol=1e-12)
    # Along it the unit's state goes one way.
    kept = found.points[line.points, 4 if cell == "lstm" else 0]
    assert np.abs(np.diff(np.sign(np.diff(kept)))).max() == 0
    assert np.ptp(kept) > 0.5
    # The search ends although there is always one more point on a line.
    assert found.complete


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_two_units_that_keep_their_states_are_a_surface(cell: str) -> None:
    found = find_fixed_points(keeper(cell, 2), np.ones((5, 1)), patience=64)
    (surface,) = found.continua
    assert surface.kind == "surface"
    assert (found.marginal == 2).all()


@pytest.mark.parametrize(
    ("function", "matrix", "kind"),
    [
        (linear, with_eigenvalues(1.0, 0.5, -0.2), "line"),
        (linear, with_eigenvalues(1.0, 0.5, -0.2, normal=False), "line"),
        (rectified, np.diag([1.0, 0.5, 0.2]), "line"),
        (ring, orthogonal(4), "ring"),
    ],
)
def test_lines_and_rings_of_other_networks_are_found(
    function: Any, matrix: np.ndarray, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(REGISTERED, "_items", dict(REGISTERED._items))
    register_cell(MapCell("map", function))
    model = RecurrentModel(RunConfig(cell="map", hidden_size=len(matrix)), dtype=torch.float64)
    with torch.no_grad():
        model.rnn.get_parameter("weight_hh_l0").copy_(torch.from_numpy(matrix))
        model.rnn.get_parameter("weight_ih_l0").fill_(0.3)
    inputs = np.random.default_rng(0).standard_normal((40, 1))
    found = find_fixed_points(model, inputs, patience=128)
    assert [(each.kind, each.attracting) for each in found.continua] == [(kind, True)]
    assert len(found.continua[0].points) > 50
    # The unstable point inside the ring, and the end of the half line, are points of their own.
    assert found.isolated.sum() == (function is not linear)


def test_an_integrator_in_single_precision_is_a_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REGISTERED, "_items", dict(REGISTERED._items))
    register_cell(MapCell("map", linear))
    model = RecurrentModel(RunConfig(cell="map", hidden_size=6))
    matrix = with_eigenvalues(1.0, 0.5, 0.3, -0.2, 0.6, 0.1)
    with torch.no_grad():
        model.rnn.get_parameter("weight_hh_l0").copy_(torch.from_numpy(matrix))
    stored = model.rnn.get_parameter("weight_hh_l0").detach().numpy().astype(float)
    # Rounding the weights has moved the eigenvalue off 1 by more than rounding of the state does.
    assert 1e-9 < np.abs(np.linalg.eigvals(stored) - 1).min() < 1e-6
    inputs = np.random.default_rng(0).standard_normal((40, 1))
    found = find_fixed_points(model, inputs, patience=128)
    assert [each.kind for each in found.continua] == ["line"]
    assert not found.isolated.any()


@pytest.mark.parametrize(("weight", "marginal"), [(1.0, True), (1.001, False), (0.999, False)])
def test_where_one_point_becomes_three_it_is_marginal_and_no_line(
    weight: float, marginal: bool
) -> None:
    model = switches(1)
    with torch.no_grad():
        model.rnn.weight_hh_l0.fill_(weight)
    found = find_fixed_points(model, pulses(1), patience=128)
    assert found.continua == ()
    expected = {1.0: ["marginal"], 1.001: ["stable", "stable", "unstable"], 0.999: ["stable"]}
    assert sorted(found.kinds) == expected[weight]
    assert bool(found.marginal.any()) == marginal
    # The origin's eigenvalue is the weight.
    origin = np.abs(found.points[:, 0]).argmin()
    assert found.eigenvalues[origin, 0] == pytest.approx(weight, abs=1e-6)


def test_far_from_the_states_that_occur_slow_and_marginal_points_are_left_out() -> None:
    # h' = z h with z = 1 / (1 + exp(5 - 10 h)): above 1 the unit keeps its state, nearly.
    model = RecurrentModel(RunConfig(cell="gru", hidden_size=1), dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.rnn.parameters():
            parameter.zero_()
        model.rnn.weight_hh_l0[1] = 10.0
        model.rnn.bias_hh_l0[1] = -5.0
    found = find_fixed_points(model, np.zeros((4, 1)))
    assert found.kinds == ("stable",)
    assert found.points[0, 0] == pytest.approx(0, abs=1e-9)
