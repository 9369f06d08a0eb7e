"""The three floors of the tutorial's task: 0.55 without memory, 0.10 within windows, then 0."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import Plan, records
from rnn_core import CELLS, RecurrentModel, RunConfig, build_task
from rnn_core.experiments.comparison import SMOOTHING

_UPDATES = 2_500
_SETTLED = 500  # updates at the end whose losses count
_CARRIED_UPDATES = 400
_WINDOWS = 20
_SOURCES = "floor", "the tutorial's loop"
_WHY_NOT = """\
At a rate of 0.02 the loss rises again and again for some updates, so at any one moment the seeds
are spread over four decades. Measured on 24 seeds at the same update: median 3.6e-4, quartiles
3.8e-5 and 2.2e-2; with PyTorch's engine 2.6e-4, 4.4e-5 and 1.8e-2."""

_ABOUT = """\
Input sin t, target cos t, with the tutorial's settings: windows of 10 points, 32 units, Adam at
0.02. The floors are exact. How near the tutorial's own loop comes to them was measured with
PyTorch, seeds 0 to 5. *Without memory* is an RNN whose recurrent weights are 0 and whose readout is
fitted by least squares.

Source: Morvan Zhou's [PyTorch-Tutorial](https://github.com/MorvanZhou/PyTorch-Tutorial), "403 RNN
regressor"; the floors are our own derivation."""


def without_memory(seed: int) -> float:
    """Smallest mean squared error of a network that sees only the present input.

    Its states are functions of that input, and its readout is optimal.
    """
    config = RunConfig(seed=seed)
    task = build_task(config)
    batches = [task.batch(index) for index in range(_WINDOWS)]
    inputs, targets = (
        np.concatenate([getattr(batch, name) for batch in batches])
        for name in ("inputs", "targets")
    )
    model = RecurrentModel(config, dtype=torch.float64)
    with torch.no_grad():
        model.get_parameter("rnn.weight_hh_l0").zero_()
        states = model.rnn(torch.from_numpy(inputs))[0].numpy().reshape(targets.size, -1)
    design = np.column_stack([states, np.ones(len(states))])
    # Smaller singular values are rounding errors, not functions of the input.
    readout = np.linalg.lstsq(design, targets.ravel(), rcond=1e-10)[0]
    return float(np.mean((design @ readout - targets.ravel()) ** 2))


def run(plan: Plan) -> list[Row]:
    """Fit the first, train the others."""
    contenders = [RunConfig(cell=cell, carry_state=False) for cell in ("rnn", "lstm", "gru")]
    contenders.append(RunConfig(cell="rnn"))
    updates, carried_updates = plan.of(_UPDATES), plan.of(_CARRIED_UPDATES)
    # Every network on its own: no seed waits for another.
    curves = records(contenders, plan, updates, "floors")  # (C, S, updates + 1)
    settled = np.median(curves[:, :, -plan.of(_SETTLED) :], axis=2)  # (C, S)
    until = curves[-1, :, : carried_updates + 1]
    carried = until[:, -SMOOTHING:].mean(axis=1)
    alone = np.array([without_memory(seed) for seed in range(plan.seeds)])
    rows = [Row(_SOURCES[0], "without memory", "0.55", alone, Expected(0.5499, 0.5501))]
    rows += [
        Row(
            _SOURCES[1],
            f"{CELLS[config.cell].title}, state reset: median of the last {_SETTLED} of "
            f"{_UPDATES:,} losses",
            "0.1007 to 0.1013 (3 cells, 6 seeds); floor 0.10",
            ours,
            Expected(0.1, 0.102),
        )
        for config, ours in zip(contenders[:-1], settled[:-1], strict=True)
    ]
    rows.append(
        Row(
            _SOURCES[1],
            f"RNN, state carried: mean of 20 losses up to update {_CARRIED_UPDATES}",
            "1e-4; floor 0",
            carried,
            Expected(10**-4.5, 10**-3.5, "median"),
            ".1e",
            _WHY_NOT,
        )
    )
    return rows


RESULT = Result("floors", "Floors of the tutorial's task", _ABOUT, run)
