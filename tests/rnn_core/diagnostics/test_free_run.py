from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import RecurrentModel, RunConfig, Trainer
from rnn_core.diagnostics import free_run, unroll
from rnn_core.tasks import TASKS, build_task
from tests.rnn_core.diagnostics.by_torch import CELLS


def network(cell: str, size: int = 1, layers: int = 2) -> RecurrentModel:
    config = RunConfig(cell=cell, hidden_size=5, num_layers=layers)
    return RecurrentModel(config, input_size=size, output_size=size, dtype=torch.float64)


def signal(count: int, size: int = 1) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((count, size))


def echo() -> RecurrentModel:
    """Repeats its input, in the limit of small signals, where tanh is a line."""
    model = RecurrentModel(RunConfig(hidden_size=1), dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.rnn.weight_ih_l0.fill_(1e-6)
        model.out.weight.fill_(1e6)
    return model


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("horizon", [1, 3])
def test_it_reads_its_own_predictions_as_torch_would(cell: str, horizon: int) -> None:
    model, given, warmup = network(cell, size=2), signal(12, 2), 5
    found = free_run(model, given, given[::-1], None, warmup=warmup, horizon=horizon)
    said: list[np.ndarray] = []
    state = None
    with torch.no_grad():
        for n in range(12):
            x = given[n] if n < warmup else said[n - horizon]
            output, state = model(torch.from_numpy(np.array(x))[None, None], state)
            said.append(output[0, 0].numpy())
            np.testing.assert_allclose(found.inputs[n], x, rtol=1e-10)
    np.testing.assert_allclose(found.prediction, said, rtol=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_reading_on_is_unrolling(cell: str) -> None:
    model, given = network(cell), signal(9)
    found = free_run(model, given, given, None, warmup=4)
    np.testing.assert_array_equal(found.inputs, given)
    np.testing.assert_allclose(found.prediction, unroll(model, given, None).prediction, rtol=1e-12)


def test_it_starts_from_the_state_of_the_first_row() -> None:
    model, given = network("lstm"), signal(4)
    h, c = torch.randn(2, 2, 3, 5, dtype=torch.float64)
    found = free_run(model, given, given, (h, c), warmup=4)
    expected = unroll(model, given, (h, c)).prediction
    np.testing.assert_allclose(found.prediction, expected, rtol=1e-12)


def test_an_echo_holds_a_constant_for_ever_and_loses_what_changes() -> None:
    # Targets: the signal, one sample later. It stands still, and leaves at sample 8.
    given = np.array([0.3] * 8 + [0.9] * 4)[:, None]
    targets = np.append(given[1:], [[0.9]], axis=0)
    found = free_run(echo(), given, targets, None, warmup=3, horizon=1)
    np.testing.assert_allclose(found.inputs, 0.3, rtol=1e-6)
    assert found.valid_steps == 4  # targets 3 to 6; target 7 is sample 8
    np.testing.assert_allclose(found.error[:7], 0, atol=1e-6)
    np.testing.assert_allclose(found.error[7:], 0.6 / targets.std(), rtol=1e-5)
    assert (
        free_run(echo(), given, targets, None, warmup=3, horizon=1, tolerance=9.0).valid_steps == 9
    )


def test_who_says_the_mean_errs_by_the_spread() -> None:
    model, given = network("rnn"), signal(50)
    with torch.no_grad():
        model.out.weight.zero_()
        model.out.bias.fill_(float(given.mean()))
    found = free_run(model, given, given, None, warmup=1)
    assert np.sqrt(np.mean(found.error**2)) == pytest.approx(1.0)


def test_what_blows_up_does_not_hold() -> None:
    model, given = network("rnn"), signal(5)
    with torch.no_grad():
        model.out.bias.fill_(float("nan"))
    assert free_run(model, given, given, None, warmup=2, horizon=1).valid_steps == 0


@pytest.mark.parametrize("task", TASKS)
def test_a_target_comes_in_so_many_samples_later(task: str) -> None:
    config = RunConfig(**{"task": task, **TASKS[task].defaults, "noise_std": 0.0})  # type: ignore[arg-type]
    built = build_task(config)
    if built.horizon is None:
        assert task not in ("mackey_glass", "lorenz", "square_wave")
        return
    first, second = built.batch(0), built.batch(1)
    inputs = np.concatenate([first.inputs[0], second.inputs[0]])
    horizon, count = (
        built.horizon,
        min(config.window_length, 2 * config.window_length - built.horizon),
    )
    np.testing.assert_allclose(first.targets[0][:count], inputs[horizon : horizon + count])


def test_nothing_that_follows_changes() -> None:
    config = RunConfig(task="mackey_glass", cell="gru", hidden_size=4)
    trainer, left_alone = Trainer(config), Trainer(config).steps()
    looked_at = trainer.steps()
    for _ in range(3):
        step = next(looked_at)
        at = trainer.context()
        free_run(at.model, at.inputs, at.targets, at.state, warmup=3, horizon=1)
        assert step == next(left_alone)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"inputs": signal(6, 2)}, r"inputs must have shape \(T, 1\), got \(6, 2\)"),
        ({"targets": signal(5)}, r"targets must have shape \(6, 1\), got \(5, 1\)"),
        ({"warmup": 0}, "warmup must be from 1 to 6, got 0. Try 3"),
        ({"warmup": 7}, "warmup must be from 1 to 6, got 7"),
        ({"horizon": 4}, "horizon must be from 1 to warmup, which is 3, got 4"),
        ({"horizon": 0}, "horizon must be from 1 to warmup, which is 3, got 0"),
        ({"tolerance": 0.0}, "tolerance must be above 0, got 0.0. Try 0.4"),
    ],
)
def test_what_cannot_be_is_said(changed: dict[str, Any], message: str) -> None:
    given = {"inputs": signal(6), "targets": signal(6), "state": None, "warmup": 3, "horizon": 1}
    with pytest.raises(ValueError, match=message):
        free_run(network("rnn"), **{**given, **changed})


@pytest.mark.parametrize(("inputs", "outputs"), [(2, 1), (1, 2)])
def test_outputs_that_are_no_inputs_cannot_be_fed_back(inputs: int, outputs: int) -> None:
    config = RunConfig(hidden_size=3)
    model = RecurrentModel(config, input_size=inputs, output_size=outputs, dtype=torch.float64)
    rule = f"horizon must be None where {outputs} outputs cannot be {inputs} inputs"
    with pytest.raises(ValueError, match=rule):
        free_run(model, signal(6, inputs), signal(6, outputs), None, warmup=3, horizon=1)
