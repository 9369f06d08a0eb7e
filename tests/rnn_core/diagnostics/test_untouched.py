from __future__ import annotations

import inspect
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from rnn_core import RunConfig, Trainer
from rnn_core import diagnostics as views
from rnn_core.diagnostics import StepContext
from tests.rnn_core.diagnostics.by_torch import CELLS
from tests.rnn_core.made_up import Give, MadeUp
from tests.rnn_core.runs import first, gradients, weights

View = Callable[[Trainer, StepContext], object]

VIEWS: dict[str, View] = {
    "gates_over_time": lambda t, m: (
        None if t.config.cell == "rnn" else views.gates_over_time(m.model, m.inputs, m.state)
    ),
    "gradient_by_lag": lambda t, m: views.gradient_by_lag(
        m.model, m.inputs, m.state, m.targets, criterion=m.criterion, loss_mask=m.loss_mask
    ),
    "saliency": lambda t, m: views.saliency(m.model, m.inputs, m.state),
    "shares_by_lag": lambda t, m: views.shares_by_lag(
        m.model, m.inputs, m.state, m.targets, criterion=m.criterion, loss_mask=m.loss_mask
    ),
    "weight_spectrum": lambda t, m: views.weight_spectrum(m.model),
    "step_spectrum": lambda t, m: views.step_spectrum(m.model, m.inputs, m.state),
    "lyapunov": lambda t, m: views.lyapunov(m.model, m.inputs, m.state),
    "hidden_trajectory": lambda t, m: views.hidden_trajectory(m.model, m.inputs, m.state),
    "find_fixed_points": lambda t, m: views.find_fixed_points(
        m.model, m.inputs, m.state, starts=8, iterations=10
    ),
    "weight_matrices": lambda t, m: views.weight_matrices(
        m.model, before=views.copy_parameters(m.model)
    ),
    "state_ablation": lambda t, m: views.state_ablation(
        m.model, t.task, start=4, windows=3, state=m.state
    ),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("cell", CELLS)
def test_no_view_changes_anything(cell: str, engine: str, dtype: torch.dtype) -> None:
    config = RunConfig(cell=cell, hidden_size=4, num_layers=2, batch_size=2)
    undisturbed = first(9, Trainer(config, dtype=dtype, engine=engine))
    trainer = Trainer(config, dtype=dtype, engine=engine)
    steps = first(5, trainer)
    before = weights(trainer) + gradients(trainer)
    generators = torch.get_rng_state(), np.random.get_state(), random.getstate()
    state, hidden = trainer.state, trainer.hidden_states.copy()
    for view in VIEWS.values():
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
def test_no_view_lights_a_gradient_or_needs_one(cell: str) -> None:
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


# --- the moment of a step -----------------------------------------------------------------


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_moment_is_what_its_step_was_computed_from(cell: str, engine: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, num_layers=2, batch_size=3), engine=engine)
    step = first(4, trainer)[-1]
    now = trainer.context()
    assert now.model is trainer.model
    assert now.inputs.shape == now.targets.shape == (10, 1)
    np.testing.assert_array_equal(now.inputs, step.inputs[0])
    np.testing.assert_array_equal(now.targets, step.targets[0])
    assert now.loss_mask is None
    assert now.criterion == "mse"
    batch = torch.from_numpy(step.inputs.copy())
    with torch.no_grad():
        prediction, _ = now.model(batch, now.state)
    np.testing.assert_allclose(prediction, step.prediction, atol=1e-5)


def test_a_moment_knows_which_time_steps_count_and_by_what(give: Give) -> None:
    task = give(MadeUp("cross_entropy", some_counted=True, output_size=3, input_size=2))
    trainer = Trainer(task.config("gru"), dtype=torch.float64)
    step = first(3, trainer)[-1]
    now = trainer.context()
    assert step.loss_mask is not None
    np.testing.assert_array_equal(now.loss_mask, step.loss_mask[0])
    assert (now.criterion, now.inputs.shape, now.targets.shape) == ("cross_entropy", (5, 2), (5, 3))


def test_what_is_done_to_a_moments_arrays_does_not_reach_the_run() -> None:
    expected = first(8, Trainer(RunConfig()))
    trainer = Trainer(RunConfig())
    steps = first(4, trainer)
    now = trainer.context()
    now.inputs[:] = now.targets[:] = 7
    assert steps + first(4, trainer) == expected


def test_before_the_first_step_there_is_no_moment() -> None:
    trainer = Trainer(RunConfig())
    message = r"moment must be asked for after a step, got none yet\. Take one from steps\(\)"
    with pytest.raises(ValueError, match=message):
        trainer.context()
    first(1, trainer)
    trainer.reset()
    with pytest.raises(ValueError, match=message):
        trainer.context()


def test_public_names_are_sorted_exist_and_are_described() -> None:
    assert views.__all__ == sorted(views.__all__)
    for name in views.__all__:
        assert inspect.getdoc(getattr(views, name)), name


def test_the_views_wait_until_they_are_asked_for() -> None:
    code = (
        "import sys, rnn_core; print('rnn_core.diagnostics' in sys.modules);"
        "import rnn_core.diagnostics; print({'numba', 'scipy', 'streamlit'} & set(sys.modules))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "set()"], done.stderr
