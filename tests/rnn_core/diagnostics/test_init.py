from __future__ import annotations

import inspect
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from rnn_core import RunConfig, Trainer
from rnn_core import diagnostics as views
from tests.rnn_core.diagnostics.by_torch import CELLS
from tests.rnn_core.diagnostics.views import DISSECTED, VIEWS
from tests.rnn_core.runs import first, gradients, weights

EVERY_VIEW = {**VIEWS, **DISSECTED}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("cell", CELLS)
def test_no_diagnostic_changes_anything(cell: str, engine: str, dtype: torch.dtype) -> None:
    config = RunConfig(cell=cell, hidden_size=4, num_layers=2, batch_size=2)
    undisturbed = first(9, Trainer(config, dtype=dtype, engine=engine))
    trainer = Trainer(config, dtype=dtype, engine=engine)
    steps = first(5, trainer)
    before = weights(trainer) + gradients(trainer)
    generators = torch.get_rng_state(), np.random.get_state(), random.getstate()
    state, hidden = trainer.state, trainer.hidden_states.copy()
    for view in EVERY_VIEW.values():
        view(trainer, trainer.context())
    for ours, theirs in zip(weights(trainer) + gradients(trainer), before, strict=True):
        assert torch.equal(ours, theirs)
    for parameter in trainer.model.parameters():
        assert parameter.requires_grad
        assert parameter.is_leaf
    torch.testing.assert_close(trainer.state, state, rtol=0, atol=0)
    np.testing.assert_array_equal(trainer.hidden_states, hidden)
    assert torch.equal(torch.get_rng_state(), generators[0])
    np.testing.assert_equal(np.random.get_state(), generators[1])
    assert random.getstate() == generators[2]
    assert steps + first(4, trainer) == undisturbed


@pytest.mark.parametrize("cell", CELLS)
def test_no_diagnostic_sets_a_gradient_or_needs_one(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, hidden_size=3))
    first(2, trainer)
    for parameter in trainer.model.parameters():
        parameter.grad = None
    with torch.inference_mode():
        for view in VIEWS.values():
            view(trainer, trainer.context())
    for parameter in trainer.model.parameters():
        assert parameter.grad is None


@pytest.mark.parametrize("view", sorted(set(VIEWS) - {"hidden_trajectory"}))
@pytest.mark.parametrize("cell", CELLS)
def test_weights_that_are_not_finite_raise_nothing(cell: str, view: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, hidden_size=3))
    first(2, trainer)
    with torch.no_grad():
        trainer.model.rnn.weight_hh_l0[0, 0] = torch.inf
        trainer.model.out.weight.fill_(torch.nan)
    VIEWS[view](trainer, trainer.context())


def test_states_that_are_not_finite_have_no_plane() -> None:
    trainer = Trainer(RunConfig(hidden_size=3))
    first(2, trainer)
    with torch.no_grad():
        trainer.model.rnn.weight_hh_l0.fill_(torch.nan)
    with pytest.raises(ValueError, match=r"states must be finite and of shape \(N, H\)"):
        VIEWS["hidden_trajectory"](trainer, trainer.context())


def test_public_names_are_sorted_exist_and_are_described() -> None:
    assert views.__all__ == sorted(views.__all__)
    for name in views.__all__:
        assert inspect.getdoc(getattr(views, name)), name


def test_diagnostics_are_imported_on_demand() -> None:
    code = (
        "import sys, rnn_core; print('rnn_core.diagnostics' in sys.modules);"
        "import rnn_core.diagnostics; print({'numba', 'scipy', 'streamlit'} & set(sys.modules))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "set()"], done.stderr
