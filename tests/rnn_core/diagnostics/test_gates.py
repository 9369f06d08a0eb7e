from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import RunConfig, Trainer
from rnn_core.diagnostics import gates_over_time, half_life
from tests.rnn_core.diagnostics.by_torch import HIDDEN, LENGTH, case, unrolled
from tests.rnn_core.runs import first


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_recomputed_states_are_pytorchs(cell: str, layers: int) -> None:
    example = case(cell, layers)
    found = gates_over_time(example.model, example.inputs, example.state)
    nodes = unrolled(example)
    for layer in range(layers):
        h = torch.cat(nodes.h[layer][1:]).detach().numpy()
        np.testing.assert_allclose(found.h[layer], h, rtol=1e-12, atol=1e-14)
        if cell == "lstm":
            c = torch.cat(nodes.c[layer][1:]).detach().numpy()
            np.testing.assert_allclose(found.state["c"][layer], c, rtol=1e-12, atol=1e-14)
    with torch.no_grad():
        output, _ = example.model.rnn(torch.from_numpy(example.inputs)[None], example.state)
    np.testing.assert_allclose(found.h[-1], output[0], rtol=1e-12, atol=1e-14)


def test_an_lstms_gates_make_its_states() -> None:
    example = case("lstm")
    found = gates_over_time(example.model, example.inputs, example.state)
    c = found.state["c"]
    c_before = np.concatenate([example.state[1].numpy(), c[:, :-1]], axis=1)
    i, f, g, o = (found.values[letter] for letter in "ifgo")
    assert i.shape == (2, LENGTH, HIDDEN)
    np.testing.assert_allclose(f * c_before + i * g, c, rtol=1e-12)
    np.testing.assert_allclose(o * np.tanh(c), found.h, rtol=1e-12)


def test_a_grus_gates_make_its_states() -> None:
    example = case("gru")
    found = gates_over_time(example.model, example.inputs, example.state)
    before = np.concatenate([example.state.numpy(), found.h[:, :-1]], axis=1)
    z, n = found.values["z"], found.values["n"]
    np.testing.assert_allclose((1 - z) * n + z * before, found.h, rtol=1e-12)
    assert list(found.state) == ["h"]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_float32_run_is_followed_to_its_rounding(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, num_layers=2, batch_size=3))
    first(20, trainer)
    now = trainer.context()
    found = gates_over_time(now.model, now.inputs, now.state)
    np.testing.assert_allclose(found.h[-1], trainer.hidden_states[0], atol=2e-6)


@pytest.mark.parametrize(("cell", "letter", "rows"), [("lstm", "f", 1), ("gru", "z", 1)])
def test_gates_set_by_their_bias_have_the_half_life_and_saturation_it_means(
    cell: str, letter: str, rows: int
) -> None:
    example = case(cell, layers=1)
    rnn = example.model.rnn
    kept = np.array([0.5, 0.05, 0.95, 0.99])
    with torch.no_grad():
        for parameter in rnn.parameters():
            parameter.zero_()
        wanted = torch.from_numpy(np.log(kept / (1 - kept)))
        rnn.bias_ih_l0[rows * HIDDEN : (rows + 1) * HIDDEN] = wanted
    found = gates_over_time(example.model, example.inputs, example.state)
    np.testing.assert_allclose(found.values[letter][0], np.tile(kept, (LENGTH, 1)), rtol=1e-12)
    expected = [1.0, *(math.log(2) / -math.log(k) for k in kept[1:])]
    np.testing.assert_allclose(found.half_life[0], expected, rtol=1e-12)
    np.testing.assert_array_equal(found.shut[letter][0], [0, 1, 0, 0])
    np.testing.assert_array_equal(found.open[letter][0], [0, 0, 1, 1])


def test_candidates_are_no_gates() -> None:
    for cell, letters in (("lstm", "ifo"), ("gru", "rz")):
        example = case(cell)
        found = gates_over_time(example.model, example.inputs)
        assert "".join(found.shut) == "".join(found.open) == letters


@given(st.floats(0.01, 0.9999))
def test_after_its_half_life_half_is_left(kept: float) -> None:
    assert kept ** half_life(kept) == pytest.approx(0.5)


def test_what_keeps_all_never_forgets_and_what_keeps_nothing_does_at_once() -> None:
    np.testing.assert_array_equal(half_life([1.0, 0.0]), [math.inf, 0.0])


def test_a_plain_rnn_has_no_gates() -> None:
    example = case("rnn")
    with pytest.raises(
        ValueError, match=r"model must have a cell with gates, got rnn\. RNN has none"
    ):
        gates_over_time(example.model, example.inputs)


def test_a_window_of_another_shape_is_refused() -> None:
    example = case("lstm")
    for wrong in (example.inputs[:, 0], example.inputs[:, :1], example.inputs[:0]):
        with pytest.raises(ValueError, match=r"inputs must have shape \(T, 2\), got .*context\(\)"):
            gates_over_time(example.model, wrong)


def test_a_state_of_another_kind_or_shape_is_refused() -> None:
    lstm, gru = case("lstm"), case("gru")
    with pytest.raises(ValueError, match=r"state must be a tuple \(h, c\) for LSTM, got Tensor\."):
        gates_over_time(lstm.model, lstm.inputs, gru.state)
    with pytest.raises(ValueError, match=r"state must be one tensor h for GRU, got tuple\."):
        gates_over_time(gru.model, gru.inputs, lstm.state)
    with pytest.raises(ValueError, match=r"state must have shape \(2, B, 4\), got \(1, 1, 4\)\."):
        gates_over_time(gru.model, gru.inputs, gru.state[:1])
