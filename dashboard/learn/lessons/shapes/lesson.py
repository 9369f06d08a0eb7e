"""The tensors of a window, and the two forms of the readout, which are the same map."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Variant
from rnn_core import TASKS, RecurrentModel
from rnn_core.messages import N_, Message

_CONFIG = TASKS["sin_to_cos"].config(lr=0.005, batch_size=4)
_STEPS = 50
# Losses that differ by no more than this, relative to their size, are equal but for rounding.
_ROUNDING = 1e-5


def per_step(model: RecurrentModel, r_out: Tensor) -> Tensor:
    """The readout applied to one time step after the other, as in the tutorial."""
    outs = [model.out(r_out[:, step, :]) for step in range(r_out.size(1))]
    return torch.stack(outs, dim=1)


def flattened(model: RecurrentModel, r_out: Tensor) -> Tensor:
    """The readout applied once, to batch and time steps together."""
    rows, length, hidden = r_out.shape
    outs: Tensor = model.out(r_out.reshape(-1, hidden))
    return outs.view(rows, length, -1)


def _shape(tensor: Tensor) -> str:
    """On one line, wherever it is written."""
    return str(tuple(tensor.shape)).replace(" ", "\N{NO-BREAK SPACE}")


def _measure(runs: Runs) -> Outcome:
    run = runs.train(_CONFIG, _STEPS)
    model, batch = run.trainer.model, run.trainer.task.batch(_STEPS, np.float32)
    inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)
    state = run.trainer.state
    with torch.no_grad():
        r_out, last = model.rnn(inputs, state)
        one, other = per_step(model, r_out), flattened(model, r_out)
        losses = [float(torch.mean((outs - targets) ** 2)) for outs in (one, other)]
    apart = losses[0] - losses[1]
    option = 2 if abs(apart) <= _ROUNDING * losses[0] else 0 if apart < 0 else 1
    h_0 = last if state is None else state
    assert isinstance(h_0, Tensor)
    shapes = {
        N_("`x`: batch, time_step, input_size"): inputs,
        N_("`h_0`: num_layers, batch, hidden_size"): h_0,
        N_("`r_out`: batch, time_step, hidden_size"): r_out,
        N_("`r_out` flattened: batch · time_step, hidden_size"): r_out.reshape(-1, r_out.size(2)),
        N_("prediction: batch, time_step, 1"): one,
    }
    return Outcome(
        option,
        Message(
            N_(
                "Loss {one:.6f} step by step and {other:.6f} flattened. The largest "
                "difference between two predictions is {apart:.1g}."
            ),
            {
                "one": losses[0],
                "other": losses[1],
                "apart": float((one - other).abs().max()),
            },
        ),
        tuple((Message(label), _shape(tensor)) for label, tensor in shapes.items()),
    )


LESSON = Lesson(
    number=3,
    key="shapes",
    title=N_("Shapes"),
    question=N_(
        "The tutorial applies the readout to one time step after the other, in a loop. Its short "
        "form flattens batch and time and applies it once. Which one has the lower loss?"
    ),
    options=(
        N_("The loop: each time step gets its own output"),
        N_("The short form: it learns from all steps at once"),
        N_("Neither: they are equal but for rounding"),
    ),
    right=2,
    measure=_measure,
    variants=(Variant("batch", N_("four windows per batch"), _CONFIG),),
    steps=_STEPS,
    pace=1,
    view="unrolled",
    exercise=NumberExercise(
        N_(
            "`nn.LSTM(input_size=3, hidden_size=20, num_layers=2, batch_first=True)` reads 5 "
            "sequences of 7 time steps. How many numbers are in its output `r_out`?"
        ),
        700,
        0,
        N_(
            "5 · 7 · 20: `r_out` has the top layer only. Both layers are in `h_n`, of shape "
            "(2, 5, 20), for the last time step only; `batch_first` does not change it."
        ),
    ),
    sources=(
        Source(
            "PyTorch-Tutorial #68: what are time_step and batch?",
            "https://github.com/MorvanZhou/PyTorch-Tutorial/issues/68",
        ),
        Source(
            "PyTorch-Tutorial #58: the line that the short form lacked",
            "https://github.com/MorvanZhou/PyTorch-Tutorial/pull/58",
        ),
        Source("torch.nn.RNN", "https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html"),
    ),
    code=(
        "dashboard.learn.lessons.shapes.lesson:per_step",
        "dashboard.learn.lessons.shapes.lesson:flattened",
        "rnn_core.models:RecurrentModel.forward",
    ),
)
