from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_core import CELLS as REGISTERED
from rnn_core.diagnostics import unroll
from rnn_core.diagnostics.unrolled import backward, check_inputs, start_of, through_time
from tests.rnn_core.diagnostics.by_torch import (
    CELLS,
    HIDDEN,
    LENGTH,
    OUTPUTS,
    case,
    unrolled,
    visited,
)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_states_and_predictions_are_the_models(cell: str, layers: int) -> None:
    example = case(cell, layers)
    found = unroll(example.model, example.inputs, example.state)
    assert found.cell is REGISTERED[cell]
    assert list(found.parts) == list(REGISTERED[cell].state_parts)
    assert found.h.shape == (layers, 1 + LENGTH, HIDDEN)
    np.testing.assert_allclose(found.whole_states(), visited(example)[1:], rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(
        np.concatenate([part[:, 0].ravel() for part in found.state]), visited(example)[0]
    )
    with torch.no_grad():
        prediction, _state = example.model(torch.from_numpy(example.inputs)[None], example.state)
    np.testing.assert_allclose(found.prediction, prediction[0], rtol=1e-11)
    assert found.prediction.shape == (LENGTH, OUTPUTS)


@pytest.mark.parametrize("cell", CELLS)
def test_no_state_is_a_state_of_zeros(cell: str) -> None:
    example = case(cell)
    zeros = start_of(example.model, None)
    assert zeros.shape == (len(REGISTERED[cell].state_parts), 2, HIDDEN)
    assert not zeros.any()
    found = unroll(example.model, example.inputs, None)
    assert not found.state[:, :, 0].any()


def test_of_a_batchs_state_the_first_row_is_read() -> None:
    example = case("lstm")
    h, c = example.state
    wide = torch.cat([h, h + 1], dim=1), torch.cat([c, c + 1], dim=1)
    np.testing.assert_array_equal(
        start_of(example.model, wide), start_of(example.model, example.state)
    )


def test_the_equations_are_those_of_the_top_layer() -> None:
    example = case("gru")
    found = unroll(example.model, example.inputs, example.state)
    equations = found.equations(3, 1)
    assert [equation.left for equation in equations] == ["r_t", "z_t", "n_t", "h_t"]
    assert equations[-1].numbers.endswith(f"= {found.h[1, 4, 1]:.2f}")
    assert equations[0].numbers.endswith(f"= {found.gates[1, 3, 0, 1]:.2f}")


@pytest.mark.parametrize("cell", CELLS)
def test_adjoints_are_autograds_and_name_their_source(cell: str) -> None:
    example = case(cell)
    found = unroll(example.model, example.inputs, example.state)
    seeds = [np.empty((0, HIDDEN))] * LENGTH
    seeds[2], seeds[4] = found.readout[:1], found.readout[1:2]
    nodes = unrolled(example)
    adjoints = {adjoint.step: adjoint for adjoint in backward(found, seeds)}
    assert list(adjoints) == [*range(LENGTH - 1, -1, -1), -1]
    assert adjoints[5].sources.tolist() == []
    assert adjoints[3].sources.tolist() == [4]
    assert adjoints[1].sources.tolist() == [4, 2]
    scalars = nodes.prediction[4, 1], nodes.prediction[2, 0]
    for index, scalar in enumerate(scalars):
        for layer in range(2):
            by_h, by_input = torch.autograd.grad(
                scalar,
                (nodes.h[layer][2], nodes.inputs),
                retain_graph=True,
            )
            np.testing.assert_allclose(adjoints[1].h[layer, index], by_h[0], rtol=1e-9, atol=1e-14)
            np.testing.assert_allclose(
                adjoints[1].inputs[index], by_input[1], rtol=1e-9, atol=1e-14
            )
    assert adjoints[-1].inputs.shape == (2, 0)


@pytest.mark.parametrize("cell", CELLS)
def test_one_scalar_through_time_is_the_sum_of_many(cell: str) -> None:
    example = case(cell)
    found = unroll(example.model, example.inputs, example.state)
    read = np.random.default_rng(1).standard_normal((LENGTH, HIDDEN))
    read[-1] = 0  # the last time step reads nothing
    whole = through_time(found, read)
    for adjoint in backward(found, list(read[:, None])):
        np.testing.assert_allclose(
            whole[:, :, adjoint.step + 1], adjoint.state.sum(axis=2), rtol=1e-9, atol=1e-14
        )


def test_inputs_of_another_shape_are_refused() -> None:
    assert check_inputs([[1, 2], [3, 4]], 2).dtype == np.float64
    for wrong in (np.ones(4), np.ones((3, 1)), np.ones((0, 2))):
        with pytest.raises(ValueError, match=r"inputs must have shape \(T, 2\), got"):
            check_inputs(wrong, 2)


def test_a_state_of_another_kind_is_refused() -> None:
    lstm, gru = case("lstm"), case("gru")
    h, c = lstm.state
    with pytest.raises(ValueError, match=r"state must be a tuple \(h, c\) for LSTM, got Tensor"):
        start_of(lstm.model, h)
    with pytest.raises(ValueError, match=r"state must be a tuple \(h, c\) for LSTM, got tuple"):
        start_of(lstm.model, (h, c, c))
    with pytest.raises(ValueError, match=r"state must be one tensor h for GRU, got tuple"):
        start_of(gru.model, (h, c))
    with pytest.raises(ValueError, match=r"state must have shape \(2, B, 4\), got \(2, 0, 4\)"):
        start_of(gru.model, h[:, :0])
