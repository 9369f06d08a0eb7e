from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import CELLS, RecurrentModel, RunConfig

TORCHS_CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def sigmoid(a: float) -> float:
    return 1 / (1 + np.exp(-a))


def filled(model: RecurrentModel, value: float) -> RecurrentModel:
    """The model with every weight and bias set to ``value``."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    return model


def assert_bitwise_equal(ours: nn.Module, theirs: nn.Module) -> None:
    expected = dict(theirs.named_parameters())
    found = dict(ours.named_parameters())
    assert list(found) == list(expected)
    for name, parameter in found.items():
        assert parameter.dtype == expected[name].dtype
        assert torch.equal(parameter, expected[name]), name


def test_the_cells_are_torchs_own_layers() -> None:
    for name, module in TORCHS_CELLS.items():
        assert type(RecurrentModel(RunConfig(cell=name)).rnn) is module


# --- the weights at the start -------------------------------------------------------------


@pytest.mark.parametrize("cell", TORCHS_CELLS)
@pytest.mark.parametrize(
    ("seed", "hidden_size", "num_layers", "input_size", "output_size"),
    [(0, 32, 1, 1, 1), (42, 7, 2, 1, 1), (2**31 - 1, 1, 4, 1, 1), (3, 16, 3, 5, 2)],
)
def test_weights_are_those_that_torch_draws_after_its_seed(
    cell: str, seed: int, hidden_size: int, num_layers: int, input_size: int, output_size: int
) -> None:
    config = RunConfig(cell=cell, seed=seed, hidden_size=hidden_size, num_layers=num_layers)
    model = RecurrentModel(config, input_size=input_size, output_size=output_size)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rnn = TORCHS_CELLS[cell](input_size, hidden_size, num_layers, batch_first=True)
        out = nn.Linear(hidden_size, output_size)
    assert type(model.rnn) is type(rnn)
    assert_bitwise_equal(model.rnn, rnn)
    assert_bitwise_equal(model.out, out)


def test_other_threads_that_draw_random_numbers_do_not_reach_the_weights() -> None:
    expected = RecurrentModel(RunConfig(cell="lstm"))
    stop = threading.Event()

    def draw() -> None:
        while not stop.is_set():
            torch.manual_seed(1)
            nn.Linear(3, 3)

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        models = [RecurrentModel(RunConfig(cell="lstm")) for _ in range(20)]
    finally:
        stop.set()
        thread.join()
    for model in models:
        assert_bitwise_equal(model, expected)


@pytest.mark.parametrize("cell", TORCHS_CELLS)
def test_building_a_model_leaves_the_global_generator_alone(cell: str) -> None:
    before = torch.get_rng_state()
    RecurrentModel(RunConfig(cell=cell, num_layers=2))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("cell", TORCHS_CELLS)
def test_float64_weights_are_the_float32_ones(cell: str) -> None:
    single = RecurrentModel(RunConfig(cell=cell, forget_bias=0.1))
    double = RecurrentModel(RunConfig(cell=cell, forget_bias=0.1), dtype=torch.float64)
    assert {parameter.dtype for parameter in double.parameters()} == {torch.float64}
    assert_bitwise_equal(double, single.double())


def test_other_seeds_give_other_weights() -> None:
    first, second = RecurrentModel(RunConfig(seed=0)), RecurrentModel(RunConfig(seed=1))
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert not torch.equal(ours, theirs)


@pytest.mark.parametrize(
    "cell", [name for name, cell in CELLS.items() if "forget_bias" not in cell.settings]
)
def test_cells_that_do_not_read_the_forget_bias_ignore_it(cell: str) -> None:
    biased = RecurrentModel(RunConfig(cell=cell, forget_bias=3.0))
    assert_bitwise_equal(biased, RecurrentModel(RunConfig(cell=cell)))


# --- what a model computes ----------------------------------------------------------------


@pytest.mark.parametrize("cell", TORCHS_CELLS)
@pytest.mark.parametrize(("batch", "steps"), [(1, 10), (4, 3)])
def test_a_prediction_is_the_readout_of_the_recurrent_layer(
    cell: str, batch: int, steps: int
) -> None:
    config = RunConfig(cell=cell, hidden_size=5, num_layers=2)
    model = RecurrentModel(config, input_size=3, output_size=2, dtype=torch.float64)
    inputs = torch.linspace(-2, 2, batch * steps * 3, dtype=torch.float64).view(batch, steps, 3)
    output, _state = model.rnn(inputs)
    prediction, _state = model(inputs)
    assert prediction.shape == (batch, steps, 2)
    expected = output @ model.out.weight.T + model.out.bias
    torch.testing.assert_close(prediction, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cell", TORCHS_CELLS)
def test_with_weights_of_zero_the_prediction_is_the_readouts_bias(cell: str) -> None:
    model = filled(RecurrentModel(RunConfig(cell=cell)), 0.0)
    with torch.no_grad():
        model.out.bias.fill_(0.25)
    prediction, _state = model(torch.ones(2, 6, 1))
    assert torch.equal(prediction, torch.full((2, 6, 1), 0.25))


def rnn_by_hand(x: float, state: tuple[float, float]) -> tuple[float, float]:
    return np.tanh(0.3 * x + 0.3 * state[0] + 0.6), 0.0


def lstm_by_hand(x: float, state: tuple[float, float]) -> tuple[float, float]:
    a = 0.3 * x + 0.3 * state[0] + 0.6
    c = sigmoid(a) * state[1] + sigmoid(a) * np.tanh(a)
    return sigmoid(a) * np.tanh(c), c


def gru_by_hand(x: float, state: tuple[float, float]) -> tuple[float, float]:
    a = sigmoid(0.3 * x + 0.3 * state[0] + 0.6)
    n = np.tanh(0.3 * x + 0.3 + a * (0.3 * state[0] + 0.3))
    return (1 - a) * n + a * state[0], 0.0


@pytest.mark.parametrize(
    ("cell", "by_hand"), [("rnn", rnn_by_hand), ("lstm", lstm_by_hand), ("gru", gru_by_hand)]
)
def test_one_unit_with_equal_weights_does_what_its_equation_says(cell: str, by_hand: Any) -> None:
    config = RunConfig(cell=cell, hidden_size=1)
    model = filled(RecurrentModel(config, dtype=torch.float64), 0.3)
    inputs = [0.5, -1.0, 2.0, 0.0]
    state, expected = (0.0, 0.0), []
    for x in inputs:
        state = by_hand(x, state)
        expected.append(0.3 * state[0] + 0.3)
    prediction, _state = model(torch.tensor(inputs, dtype=torch.float64).view(1, 4, 1))
    np.testing.assert_allclose(prediction.detach().numpy().ravel(), expected, rtol=1e-13)


@pytest.mark.parametrize("cell", TORCHS_CELLS)
def test_reading_two_halves_with_the_state_handed_over_is_reading_the_whole(cell: str) -> None:
    model = RecurrentModel(RunConfig(cell=cell, num_layers=2), dtype=torch.float64)
    inputs = torch.linspace(-1, 1, 24, dtype=torch.float64).view(2, 12, 1)
    whole, end = model(inputs)
    first, state = model(inputs[:, :5])
    second, last = model(inputs[:, 5:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(last, end, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cell", TORCHS_CELLS)
def test_no_state_means_zeros(cell: str) -> None:
    model = RecurrentModel(RunConfig(cell=cell, num_layers=2, hidden_size=4))
    zeros: Tensor | tuple[Tensor, Tensor] = torch.zeros(2, 3, 4)
    if cell == "lstm":
        zeros = (torch.zeros(2, 3, 4), torch.zeros(2, 3, 4))
    inputs = torch.linspace(-1, 1, 15).view(3, 5, 1)
    assert torch.equal(model(inputs)[0], model(inputs, zeros)[0])


@pytest.mark.parametrize("cell", TORCHS_CELLS)
def test_a_prediction_knows_nothing_of_later_inputs_or_other_rows(cell: str) -> None:
    model = RecurrentModel(RunConfig(cell=cell))
    inputs = torch.zeros(2, 10, 1)
    changed = inputs.clone()
    changed[0, 6:] = 5.0
    before, after = model(inputs)[0], model(changed)[0]
    assert torch.equal(after[0, :6], before[0, :6])
    assert torch.equal(after[1], before[1])
    assert (after[0, 6:] != before[0, 6:]).all()
