"""The custom cell: it computes the published equations, trains, and has views."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from examples import custom_cell
from rnn_core import CELLS, RunConfig, Trainer


@pytest.fixture
def unregistered() -> Iterator[None]:
    """Forget the cell again, since other tests go through all registered cells."""
    before = dict(CELLS._items)
    yield
    CELLS._items.clear()
    CELLS._items.update(before)


def test_it_learns_across_windows_and_its_gate_is_shown(
    unregistered: None, capsys: pytest.CaptureFixture[str]
) -> None:
    custom_cell.main()
    said = capsys.readouterr().out
    assert float(re.findall(r"last 20 losses: ([\d.]+)", said)[0]) < 0.1
    low, high = map(float, re.findall(r"between ([\d.]+) and ([\d.]+)", said)[0])
    assert 0 < low < high < 1
    fastest, slowest = map(float, re.findall(r"units: ([\d.]+) to ([\d.]+) steps", said)[0])
    assert 0 < fastest < slowest


def test_a_step_is_that_of_the_paper(unregistered: None) -> None:
    cell = custom_cell.register_cell(custom_cell.MinimalGatedUnit())
    trainer = Trainer(RunConfig(cell="mgu", hidden_size=3), dtype=torch.float64)
    weights = {
        name.removesuffix("_l0"): value.detach().numpy()
        for name, value in trainer.model.rnn.named_parameters()
    }
    (w_f, w_n), (u_f, u_n), (b_f, b_n) = (
        np.split(weights[name], 2) for name in ("weight_ih", "weight_hh", "bias")
    )
    x, h = np.array([0.3]), np.array([0.5, -0.2, 0.1])
    f = 1 / (1 + np.exp(-(w_f @ x + u_f @ h + b_f)))
    n = np.tanh(w_n @ x + u_n @ (f * h) + b_n)
    output = cell.step(np, weights, x[None], (h[None],))
    np.testing.assert_allclose(output.state[0][0], (1 - f) * h + f * n)
    state = torch.tensor(h)[None, None]
    _, after = trainer.model(torch.tensor(x)[None, None], state)
    np.testing.assert_allclose(after[0, 0].detach().numpy(), (1 - f) * h + f * n)
