"""What holds of every registered cell, on every path that computes it.

A cell that is registered is tested here without being named.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from rnn_core import CELLS, RecurrentModel, Replicas, RunConfig, Trainer
from rnn_core.cells.module import pack, unpack
from rnn_core.diagnostics import unroll
from rnn_core.engines import KINDS

ROOT = Path(__file__).parents[2]
FEATURES, OUTPUTS = 2, 3
# Outputs and final state of a model, from inputs and an initial state.
Read = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]


def config(cell: str, layers: int = 1, **settings: object) -> RunConfig:
    return RunConfig.from_dict(
        {"cell": cell, "num_layers": layers, "hidden_size": 4, "seed": 3, **settings}
    )


def paths() -> list[tuple[str, str]]:
    """Every cell with every engine that computes it."""
    return [
        (cell, engine)
        for cell in CELLS
        for engine, kind in KINDS.items()
        if kind.supports(config(cell), torch.float32) is None
    ]


def variants() -> list[RunConfig]:
    """Every cell of one layer and two, and with one bias where it may have that."""
    found = [config(cell, layers) for cell in CELLS for layers in (1, 2)]
    found += [
        config(cell, single_bias=True)
        for cell, entry in CELLS.items()
        if "single_bias" in entry.settings
    ]
    return found


def in_short(of: RunConfig) -> str:
    return f"{of.cell}-{of.num_layers}" + ("-one bias" if of.single_bias else "")


def model_of(of: RunConfig, dtype: torch.dtype = torch.float64) -> RecurrentModel:
    return RecurrentModel(of, input_size=FEATURES, output_size=OUTPUTS, dtype=dtype)


def initial(model: RecurrentModel, rows: int, seed: int = 0) -> tuple[Tensor, ...]:
    """The parts of a state that is not zero."""
    generator = torch.Generator().manual_seed(seed)
    shape = model.rnn.num_layers, rows, model.rnn.hidden_size
    dtype = model.out.weight.dtype
    return tuple(
        0.5 * torch.randn(shape, generator=generator, dtype=dtype) for _ in model.cell.state_parts
    )


def drawn(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=dtype)


def test_every_cell_has_a_path_and_the_compiled_ones_have_two() -> None:
    for cell, entry in CELLS.items():
        engines = [engine for each, engine in paths() if each == cell]
        assert engines == (["torch"] if entry.kernel is None else ["torch", "compiled"])


@pytest.mark.parametrize("of", variants(), ids=in_short)
def test_gradients_are_those_of_finite_differences(of: RunConfig) -> None:
    """Of predictions and final state, by inputs, initial state and every parameter."""
    model = model_of(of)
    names = [name for name, _parameter in model.named_parameters()]
    parts = len(model.cell.state_parts)

    def read(inputs: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        weights = dict(zip(names, rest[parts:], strict=True))
        predictions, state = functional_call(model, weights, (inputs, pack(list(rest[:parts]))))
        return (predictions, *unpack(state))

    weights = [parameter.detach().clone() for parameter in model.parameters()]
    given = [drawn(2, 3, FEATURES), *initial(model, 2), *weights]
    assert torch.autograd.gradcheck(read, [each.requires_grad_() for each in given], fast_mode=True)


@pytest.mark.parametrize("of", variants(), ids=in_short)
def test_the_equations_are_what_the_module_computes(of: RunConfig) -> None:
    """From a state that is not zero."""
    model = model_of(of)
    inputs, state = drawn(1, 6, FEATURES), pack(list(initial(model, 1)))
    predictions, _last = model(inputs, state)
    found = unroll(model, inputs[0].numpy(), state)
    np.testing.assert_allclose(found.prediction, predictions[0].detach(), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("cell", "engine"), paths())
def test_a_prediction_knows_nothing_of_later_inputs(cell: str, engine: str) -> None:
    model = model_of(config(cell, 2), torch.float32)
    predict = KINDS[engine].predictor(model)
    inputs = drawn(3, 9, FEATURES, dtype=torch.float32).numpy()
    before, _state = predict(inputs, None)
    before = before.copy()
    for step in (1, 5, 8):
        changed = inputs.copy()
        changed[:, step:] += 1.0
        after, _state = predict(changed, None)
        np.testing.assert_array_equal(after[:, :step], before[:, :step])
        assert (after[:, step:] != before[:, step:]).any()


@pytest.mark.parametrize(("cell", "engine"), paths())
def test_rows_do_not_know_of_each_other(cell: str, engine: str) -> None:
    """In another order they give the same in that order, and each alone the same."""
    model = model_of(config(cell, 2), torch.float32)
    predict = KINDS[engine].predictor(model)
    inputs = drawn(5, 7, FEATURES, dtype=torch.float32).numpy()
    parts = initial(model, 5)
    whole, last = predict(inputs, pack(list(parts)))
    whole, ends = whole.copy(), [part.clone() for part in unpack(last)]
    order = [3, 0, 4, 2, 1]
    for rows in (order, *([row] for row in range(5))):
        found, state = predict(
            np.ascontiguousarray(inputs[rows]), pack([part[:, rows].contiguous() for part in parts])
        )
        np.testing.assert_allclose(found, whole[rows], rtol=1e-5, atol=1e-6)
        for part, end in zip(unpack(state), ends, strict=True):
            torch.testing.assert_close(part, end[:, rows], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_of_a_batch_is_the_mean_of_its_rows(cell: str) -> None:
    model = model_of(config(cell, 2))
    inputs, targets = drawn(4, 5, FEATURES), drawn(4, 5, OUTPUTS)

    def gradient(rows: slice) -> list[Tensor]:
        loss = torch.nn.functional.mse_loss(model(inputs[rows])[0], targets[rows])
        return list(torch.autograd.grad(loss, list(model.parameters())))

    alone = [gradient(slice(row, row + 1)) for row in range(4)]
    for whole, *rows in zip(gradient(slice(None)), *alone, strict=True):
        torch.testing.assert_close(whole, torch.stack(rows).mean(dim=0), rtol=1e-9, atol=1e-12)


def digest(cell: str, engine: str) -> str:
    """Of the weights and losses of a short run, to the last bit."""
    trainer = Trainer(config(cell, 2, batch_size=3), engine=engine)
    found = hashlib.sha256(trainer.advance(12).losses.tobytes())
    for parameter in trainer.model.parameters():
        found.update(parameter.detach().numpy().tobytes())
    return found.hexdigest()


def test_another_process_trains_the_same_weights_to_the_last_bit() -> None:
    script = (
        "import torch; torch.set_num_threads(1)\n"
        "from tests.rnn_core.test_every_cell import digest, paths\n"
        "for path in reversed(paths()): print(*path, digest(*path))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    there = [tuple(line.split()) for line in done.stdout.splitlines()]
    assert sorted(there) == sorted((*path, digest(*path)) for path in paths())


@pytest.mark.parametrize(("cell", "engine"), paths())
def test_beside_others_a_run_takes_the_steps_that_it_takes_alone(cell: str, engine: str) -> None:
    configs = [config(cell, seed=seed) for seed in (3, 8)]
    beside = []
    for step in Replicas(configs, engine=engine).steps():
        beside.append(step.loss)
        if step.index == 9:
            break
    alone = [Trainer(each, engine=engine).advance(10).losses for each in configs]
    np.testing.assert_array_equal(np.array(beside), np.array(alone, np.array(beside).dtype).T)
