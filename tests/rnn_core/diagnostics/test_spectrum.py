from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import RecurrentModel, RunConfig, Trainer
from rnn_core.diagnostics import Lyapunov, lyapunov, step_spectrum, weight_spectrum
from tests.rnn_core.diagnostics.by_torch import CELLS, HIDDEN, LENGTH, case, step_jacobian, visited
from tests.rnn_core.runs import first

ROTATION = np.array([[0.6, -0.8], [0.8, 0.6]])


def at_rest(recurrent: np.ndarray) -> RecurrentModel:
    """A plain RNN without input or bias: at 0 it stays, and its step's Jacobian is ``W_hh``."""
    model = RecurrentModel(RunConfig(hidden_size=len(recurrent)), dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.rnn.weight_hh_l0.copy_(torch.from_numpy(recurrent))
    return model


def assert_same_set(found: np.ndarray, expected: np.ndarray) -> None:
    """Each eigenvalue has one of its own on the other side."""
    assert found.shape == expected.shape
    left = list(expected)
    for value in found:
        nearest = int(np.argmin(np.abs(np.array(left) - value)))
        assert abs(left.pop(nearest) - value) < 1e-9


@pytest.mark.parametrize(("cell", "letters"), [("rnn", "h"), ("lstm", "ifgo"), ("gru", "rzn")])
def test_every_gates_block_has_its_spectrum(cell: str, letters: str) -> None:
    example = case(cell)
    found = weight_spectrum(example.model)
    assert "".join(found) == letters
    for gate, letter in enumerate(letters):
        assert found[letter].eigenvalues.shape == (2, HIDDEN)
        for layer in range(2):
            weight = getattr(example.model.rnn, f"weight_hh_l{layer}").detach().numpy()
            block = weight[gate * HIDDEN : (gate + 1) * HIDDEN]
            expected = np.linalg.eigvals(block)
            assert_same_set(found[letter].eigenvalues[layer], expected)
            assert found[letter].radius[layer] == pytest.approx(np.abs(expected).max())
            largest = np.linalg.svd(block, compute_uv=False)[0]
            assert found[letter].stretch[layer] == pytest.approx(largest)


def test_the_spectrum_of_known_matrices() -> None:
    turning = weight_spectrum(at_rest(0.5 * ROTATION))["h"]
    np.testing.assert_allclose(np.abs(turning.eigenvalues), [[0.5, 0.5]])
    np.testing.assert_allclose((turning.radius, turning.stretch), [[0.5], [0.5]])
    shear = weight_spectrum(at_rest(np.array([[0.9, 10.0], [0.0, 0.5]])))["h"]
    np.testing.assert_allclose(shear.eigenvalues, [[0.9, 0.5]])  # both below 1, and yet
    assert shear.stretch[0] > 10


def test_pytorchs_own_weights_start_with_a_radius_of_about_0_61() -> None:
    radii = [
        weight_spectrum(RecurrentModel(RunConfig(seed=seed)))["h"].radius[0] for seed in range(30)
    ]
    # Uniform weights of variance 1 / (3 H): 0.577 in the limit, 0.612 (sd 0.04) at H = 32.
    assert np.mean(radii) == pytest.approx(0.612, abs=0.03)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_steps_jacobian_is_autograds(cell: str, layers: int) -> None:
    example = case(cell, layers)
    found = step_spectrum(example.model, example.inputs, example.state)
    states = visited(example)
    for t in range(LENGTH):
        jacobian = step_jacobian(example.model, example.inputs[t], states[t])
        assert_same_set(found.eigenvalues[t], np.linalg.eigvals(jacobian))
        assert found.stretch[t] == pytest.approx(np.linalg.norm(jacobian, 2), rel=1e-9)
        assert found.radius[t] == np.abs(found.eigenvalues[t]).max()


def test_blocks_may_be_chosen() -> None:
    example = case("gru")
    whole, some = weight_spectrum(example.model), weight_spectrum(example.model, letters=("n",))
    assert list(some) == ["n"]
    np.testing.assert_array_equal(some["n"].eigenvalues, whole["n"].eigenvalues)
    assert not weight_spectrum(example.model, letters=("h",))


def test_time_steps_may_be_chosen() -> None:
    example = case("lstm")
    whole = step_spectrum(example.model, example.inputs)
    some = step_spectrum(example.model, example.inputs, at=[0, 3, -1])
    np.testing.assert_allclose(some.eigenvalues, whole.eigenvalues[[0, 3, 5]])
    with pytest.raises(ValueError, match=r"at must be time steps from 0 to 5, got 6\. Try -1\."):
        step_spectrum(example.model, example.inputs, at=[6])


# --- Lyapunov exponents -------------------------------------------------------------------


def test_of_a_linear_step_they_are_the_logarithms_of_its_factors() -> None:
    rest = np.zeros((7, 1))
    straight = lyapunov(at_rest(np.diag([1.5, 0.9, 0.2])), rest)
    np.testing.assert_allclose(straight.exponents, np.log([1.5, 0.9, 0.2]), rtol=1e-12)
    turning = lyapunov(at_rest(0.8 * ROTATION), rest)
    np.testing.assert_allclose(turning.exponents, np.log([0.8, 0.8]), rtol=1e-12)


def test_they_settle_on_the_eigenvalues_whatever_the_axes() -> None:
    mixed = np.array([[1.0, 0.7, 0.0], [0.2, 0.5, 0.3], [0.1, 0.0, 0.3]])
    found = lyapunov(at_rest(mixed), np.zeros((3000, 1)))
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(mixed))))[::-1]
    np.testing.assert_allclose(found.exponents, expected, atol=2e-3)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_their_sum_is_the_growth_of_volume(cell: str, layers: int) -> None:
    example = case(cell, layers)
    found = lyapunov(example.model, example.inputs, example.state)
    volumes = [
        np.linalg.slogdet(step_jacobian(example.model, x, state))[1]
        for x, state in zip(example.inputs, visited(example), strict=False)
    ]
    assert found.exponents.sum() == pytest.approx(np.mean(volumes), rel=1e-9)


@settings(max_examples=20)
@given(st.integers(1, LENGTH - 1), st.sampled_from(CELLS))
def test_a_run_in_two_windows_has_the_exponents_of_the_whole(cut: int, cell: str) -> None:
    example = case(cell, layers=1)
    whole = lyapunov(example.model, example.inputs, example.state)
    early = lyapunov(example.model, example.inputs[:cut], example.state)
    with torch.no_grad():
        head = torch.from_numpy(example.inputs[:cut])[None]
        middle = example.model(head, example.state)[1]
    both = lyapunov(example.model, example.inputs[cut:], middle, before=early)
    np.testing.assert_allclose(both.exponents, whole.exponents, rtol=1e-9)
    assert both.steps == LENGTH
    np.testing.assert_allclose(both.frame.T @ both.frame, np.eye(both.frame.shape[1]), atol=1e-12)


def test_the_first_few_do_not_need_the_others() -> None:
    example = case("gru")
    whole = lyapunov(example.model, example.inputs)
    few = lyapunov(example.model, example.inputs, count=2)
    np.testing.assert_allclose(few.exponents, whole.exponents[:2], rtol=1e-10)
    assert few.frame.shape == (2 * HIDDEN, 2)


def test_a_direction_that_collapses_has_minus_infinity() -> None:
    found = lyapunov(at_rest(np.diag([0.5, 0.0])), np.zeros((3, 1)))
    np.testing.assert_allclose(found.exponents, [np.log(0.5), -np.inf])


def test_small_perturbations_grow_at_the_rate_of_the_largest() -> None:
    trainer = Trainer(RunConfig(hidden_size=8, seed=2), dtype=torch.float64)
    first(5, trainer)
    with torch.no_grad():
        trainer.model.rnn.weight_hh_l0 *= 4
    inputs = torch.linspace(-1, 1, 400, dtype=torch.float64)[None, :, None]
    begin = torch.zeros(1, 1, 8, dtype=torch.float64)
    found = lyapunov(trainer.model, inputs[0].numpy(), begin, count=1)
    # Benettin's older way, with a real twin that is brought back close after every step.
    grown, apart = [], 1e-7 * torch.eye(8, dtype=torch.float64)[:1, None]
    one = begin
    with torch.no_grad():
        for x in inputs[0]:
            twin = trainer.model.rnn(x[None, None], one + apart)[1]
            one = trainer.model.rnn(x[None, None], one)[1]
            grown.append(float((twin - one).norm() / apart.norm()))
            apart = (twin - one) * (1e-7 / (twin - one).norm())
    assert found.exponents[0] == pytest.approx(np.mean(np.log(grown)), abs=1e-3)


def test_what_does_not_fit_is_refused() -> None:
    example = case("rnn")
    other = Lyapunov(np.zeros(1), 1, np.eye(3)[:, :1])
    with pytest.raises(ValueError, match=r"before must have a frame for 8 state variables, got 3"):
        lyapunov(example.model, example.inputs, before=other)
    for count in (0, 9):
        with pytest.raises(ValueError, match=rf"count must be from 1 to 8, got {count}\. Give"):
            lyapunov(example.model, example.inputs, count=count)
