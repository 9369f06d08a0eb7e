from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from rnn_core import CELLS, Cell, RecurrentModel, RunConfig, Trainer
from rnn_core.cells.module import StepModule
from rnn_core.diagnostics import MemoryCapacity, memory_capacity
from tests.rnn_core.cells.own_cells import Linear, TwoTraces

Array = NDArray[np.float64]
NUMBERS = np.random.default_rng(5)
HIDDEN = 8


class Network(nn.Module):
    """A network of a cell that is not registered, with weights of the test's own."""

    def __init__(self, cell: Cell, **weights: Array) -> None:
        super().__init__()
        self.cell = cell
        inputs, hidden = weights["inputs"].shape[1], len(weights["recurrent"])
        self.rnn = StepModule(cell, inputs, hidden, 1).double()
        self.out = nn.Linear(hidden, 1)
        with torch.no_grad():
            for name, value in weights.items():
                getattr(self.rnn, f"{name}_l0").copy_(torch.from_numpy(value))


def shift_register(length: int, inputs: int = 1) -> RecurrentModel:
    """Unit k holds the input of k steps ago; with several inputs, each has its own register."""
    recurrent = np.kron(np.eye(inputs), np.eye(length, k=-1))
    given = np.kron(np.eye(inputs), np.eye(length)[:, :1])
    return Network(Linear(), inputs=given, recurrent=recurrent)  # type: ignore[return-value]


def reservoir(radius: float) -> tuple[RecurrentModel, Array, Array]:
    """A linear reservoir, with W and v. W is a scaled rotation, so that its states span all."""
    rotation, _ = np.linalg.qr(NUMBERS.standard_normal((HIDDEN, HIDDEN)))
    w, v = radius * rotation, NUMBERS.standard_normal((HIDDEN, 1))
    return Network(Linear(), inputs=v, recurrent=w), w, v  # type: ignore[return-value]


def exact(w: Array, v: Array, max_lag: int) -> Array:
    """MC_k = v_kᵀ C⁻¹ v_k, with v_k = Wᵏ v and C their sum of squares (Jaeger 2001)."""
    echoes = [v[:, 0]]
    for _ in range(2000):
        echoes.append(w @ echoes[-1])
    lagged = np.array(echoes)
    found: Array = np.einsum("ki,ki->k", lagged, np.linalg.solve(lagged.T @ lagged, lagged.T).T)
    return found[: 1 + max_lag]


def network(cell: str, **settings: object) -> RecurrentModel:
    return RecurrentModel(RunConfig.from_dict({"cell": cell, "hidden_size": HIDDEN, **settings}))


def counted_states(model: RecurrentModel, given: Array, washout: int) -> Array:
    """h at the time steps that count, ``(N, n, H)``, by PyTorch's module."""
    with torch.no_grad():
        states: Array = model.double().rnn(torch.from_numpy(given[:, :, None]))[0].numpy()
    return states[:, washout:]


def by_least_squares(model: RecurrentModel, given: Array, washout: int, max_lag: int) -> Array:
    """R² in each block without adjustment, by PyTorch's module and NumPy's lstsq, ``(N, 1 + K)``.

    Args:
        model: with `HIDDEN` units.
        given: the inputs, shape ``(N, T)``.
        washout: time steps that do not count.
        max_lag: K.
    """
    states = counted_states(model, given, washout)
    read = np.column_stack([np.ones(states[:, :, 0].size), states.reshape(-1, HIDDEN)])
    found = []
    for lag in range(1 + max_lag):
        wanted = given[:, washout - lag : given.shape[1] - lag]
        left = wanted.ravel() - read @ np.linalg.lstsq(read, wanted.ravel(), rcond=None)[0]
        whole = wanted - wanted.mean()
        found.append(1 - np.sum(left.reshape(wanted.shape) ** 2, 1) / np.sum(whole**2, 1))
    return np.array(found).T


@pytest.mark.parametrize("inputs", ["bits", "uniform"])
def test_a_shift_register_remembers_as_many_inputs_as_it_has_units_and_no_more(inputs: str) -> None:
    found = memory_capacity(shift_register(6), max_lag=12, inputs=inputs)
    np.testing.assert_array_equal(found.lags, np.arange(13))
    np.testing.assert_allclose(found.by_lag[:6], 1, atol=1e-9)
    assert (np.abs(found.by_lag[6:]) < 5 * found.error[6:]).all()
    assert found.bound == 6
    assert found.total == pytest.approx(6, abs=4 * found.total_error)


@pytest.mark.parametrize("inputs", ["bits", "uniform"])
@pytest.mark.parametrize("radius", [0.7, 0.95])
def test_a_linear_reservoir_has_its_exact_capacity_at_each_lag(radius: float, inputs: str) -> None:
    model, w, v = reservoir(radius)
    known = exact(w, v, 100)
    apart, totals = [], []
    for seed in range(8):
        found = memory_capacity(model, inputs=inputs, scale=0.5, seed=seed)
        apart.append((found.by_lag - known)[:80] / found.error[:80])
        totals.append((found.total - known.sum()) / found.total_error)
    # With an error from ten blocks, the deviations in units of it are 1.13 on average.
    assert 0.8 < np.sqrt(np.mean(np.square(apart))) < 1.4
    assert np.abs(np.mean(apart, axis=0)).max() < 5 / np.sqrt(8)
    assert np.abs(np.mean(totals)) < 4 / np.sqrt(8)
    assert known.sum() == pytest.approx(HIDDEN, rel=1e-3 if radius < 0.95 else 1e-2)
    assert found.total == pytest.approx(HIDDEN, abs=0.5)


def test_the_sum_has_no_bias_where_r_squared_without_adjustment_has_one() -> None:
    # No recurrent weight: the states are nonlinear functions of the present input alone.
    model = network("rnn")
    with torch.no_grad():
        model.rnn.weight_hh_l0.zero_()
        model.rnn.weight_ih_l0.mul_(20)
    found = memory_capacity(model, inputs="uniform", samples=200)
    assert found.by_lag[0] == pytest.approx(1, abs=0.01)
    assert found.total == pytest.approx(1, abs=3 * found.total_error)
    given = np.random.default_rng(0).uniform(-1, 1, (10, 400))
    too_high = by_least_squares(model, given, 200, 100).mean(axis=0).sum()
    assert too_high > 1 + 5 * found.total_error


@pytest.mark.parametrize("inputs", ["bits", "uniform"])
@pytest.mark.parametrize("gain", [1.0, 3.0])
# Cells whose states are bounded, whatever their weights.
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "min_gru"])
def test_no_network_remembers_more_than_it_has_numbers(cell: str, gain: float, inputs: str) -> None:
    model = network(cell, seed=3)
    with torch.no_grad():
        for parameter in model.rnn.parameters():
            parameter.mul_(gain)
    for read in ("h", "state"):
        found = memory_capacity(model, read=read, inputs=inputs, samples=400)
        parts = len(CELLS[cell].state_parts) if read == "state" else 1
        assert found.bound == parts * HIDDEN
        assert 0.9 < found.total < found.bound + 4 * found.total_error
        assert (found.blocks <= 1 + 1e-12).all()


@pytest.mark.parametrize("cell", CELLS)
def test_a_contracting_network_forgets(cell: str) -> None:
    model = network(cell)
    with torch.no_grad():
        for parameter in model.rnn.parameters():
            parameter.mul_(0.5)
    found = memory_capacity(model)
    assert found.by_lag[0] > 0.95
    late = found.by_lag[50:]
    assert np.abs(late).max() < 5 * found.error[50:].max() < 0.02
    assert late.sum() == pytest.approx(0, abs=0.2)


def test_the_seed_decides_the_inputs() -> None:
    model = network("gru")
    first, again = memory_capacity(model, samples=50), memory_capacity(model, samples=50)
    np.testing.assert_array_equal(first.blocks, again.blocks)
    other = memory_capacity(model, samples=50, seed=1)
    assert (first.blocks[:, 1:] != other.blocks[:, 1:]).all()
    apart = first.total - other.total
    assert abs(apart) < 4 * np.hypot(first.total_error, other.total_error)


def test_mean_sum_and_errors_are_those_of_the_blocks() -> None:
    found = MemoryCapacity(np.array([[1.0, 0.5], [0.8, 0.1], [0.9, 0.3]]), bound=4)
    np.testing.assert_allclose(found.by_lag, [0.9, 0.3])
    np.testing.assert_allclose(found.error, np.array([0.1, 0.2]) / np.sqrt(3))
    assert found.total == pytest.approx(1.2)
    assert found.total_error == pytest.approx(0.3 / np.sqrt(3))
    np.testing.assert_array_equal(found.lags, [0, 1])


def test_several_inputs_add_up() -> None:
    found = memory_capacity(shift_register(3, inputs=2), max_lag=6)
    np.testing.assert_allclose(found.by_lag[:3], 2, atol=1e-9)
    assert found.total == pytest.approx(6, abs=4 * found.total_error)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_it_is_the_adjusted_r_squared_of_least_squares(cell: str, layers: int) -> None:
    model = network(cell, num_layers=layers).double()
    found = memory_capacity(model, max_lag=3, blocks=2, samples=60, washout=10, seed=2)
    given = np.random.default_rng(2).choice([-1.0, 1.0], (2, 70))
    unexplained = 1 - by_least_squares(model, given, 10, 3)
    states = counted_states(model, given, 10).reshape(-1, HIDDEN)
    # Units of a ReLU RNN that stay silent are no regressors.
    rank = int(np.linalg.matrix_rank(states - states.mean(axis=0)))
    assert rank == HIDDEN or cell == "rnn_relu"
    np.testing.assert_allclose(found.blocks, 1 - unexplained * 119 / (119 - rank), atol=1e-8)


def test_the_state_of_an_lstm_holds_more_than_its_h() -> None:
    model = network("lstm")
    whole, hidden = (memory_capacity(model, read=read) for read in ("state", "h"))
    assert whole.total > hidden.total + 4 * hidden.total_error


def test_a_cell_of_ones_own_with_three_parts_is_read() -> None:
    shape = (4, 5)
    cell = TwoTraces()
    model = RecurrentModel.__new__(RecurrentModel)
    nn.Module.__init__(model)
    model.cell, model.rnn = cell, StepModule(cell, 1, 4, 1)
    with torch.no_grad():
        model.rnn.weight_l0.copy_(torch.from_numpy(0.1 * NUMBERS.standard_normal(shape)))
        model.rnn.mix_l0.fill_(0.5)
    found = memory_capacity(model, read="state", max_lag=40)
    assert found.bound == 12
    assert 1 < found.total < 12


def test_states_that_say_nothing_have_no_capacity_and_no_rank() -> None:
    model = network("rnn")
    with torch.no_grad():
        model.rnn.weight_ih_l0.zero_()
    found = memory_capacity(model, max_lag=20)
    np.testing.assert_array_equal(found.by_lag, np.zeros(21))


def test_a_network_that_diverges_has_no_capacity() -> None:
    model, _w, _v = reservoir(1e6)
    found = memory_capacity(model, max_lag=5)
    assert np.isnan(found.by_lag).all()
    assert np.isnan(found.total)
    assert np.isnan(found.total_error)


def test_a_trained_network_remembers_what_its_task_asks_for() -> None:
    config = RunConfig(
        task="delayed_recall", cell="rnn", delay=4, window_length=20, batch_size=8, hidden_size=8
    )
    trainer = Trainer(config, engine="compiled")
    steps = list(islice(trainer.steps(), 300))
    assert np.mean([step.loss for step in steps[-20:]]) < 0.1
    found = memory_capacity(trainer.model)
    # The readout that training found explains this share at a delay of 4; the best one, no less.
    assert found.by_lag[4] > 0.9 - 4 * found.error[4]
    assert found.by_lag[4] > 3 * found.by_lag[8]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_lag": -1}, "max_lag must be a whole number from 0 to 100000, got -1"),
        ({"max_lag": 300}, "washout must be a whole number from 300 to 1000000, got 200. Try 300."),
        ({"blocks": 1}, "blocks must be a whole number from 2 to 1000, got 1"),
        ({"inputs": "sine"}, "Unknown inputs 'sine'. Choose from: bits, uniform."),
        ({"read": "c"}, "Unknown read 'c'. Choose from: h, state."),
        ({"scale": 0}, "scale must be a positive number, got 0"),
        ({"seed": -1}, "seed must be a whole number from 0 to"),
        (
            {"samples": 8},
            "samples must be more than 8 for 8 numbers that are read, got 8. Try 1000.",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        memory_capacity(network("rnn"), **settings)  # type: ignore[arg-type]
