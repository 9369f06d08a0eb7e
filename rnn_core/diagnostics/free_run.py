"""Free run: the network reads its own predictions, and its valid prediction time."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike

from rnn_core.arguments import number, require
from rnn_core.cells.base import Array, as_float64, layers_of
from rnn_core.cells.registry import cell_of
from rnn_core.diagnostics.unrolled import check_inputs, start_of
from rnn_core.messages import Brief
from rnn_core.models import RecurrentModel, State


@dataclass(frozen=True, slots=True, eq=False)
class FreeRun:
    """A signal of N time steps: a warm-up that reads the signal, then a free run.

    Args:
        inputs: what the network read, shape ``(N, D)``: the signal, then its own predictions.
        prediction: shape ``(N, K)``.
        error: normalised error at every time step, shape ``(N,)``: root mean square over K, divided
            by the targets' standard deviation. Always predicting the mean gives 1 on average.
        valid_steps: time steps after the warm-up until the error first exceeds the tolerance: the
            valid prediction time, from 0 to N - warmup.
    """

    inputs: Array
    prediction: Array
    error: Array
    valid_steps: int


@np.errstate(invalid="ignore", over="ignore", divide="ignore")
def free_run(
    model: RecurrentModel,
    inputs: ArrayLike,
    targets: ArrayLike,
    state: State | None,
    *,
    warmup: int,
    horizon: int | None = None,
    tolerance: float = 0.4,
) -> FreeRun:
    """Warm the network up on a signal, then let it read its own predictions.

    Without a horizon it reads the signal to the end. The state is never reset and nothing is
    trained.

    Args:
        model: read only.
        inputs: the signal, shape ``(N, D)``.
        targets: shape ``(N, K)``; must vary.
        state: state before the signal, as `Trainer.state` gives it; None stands for zeros.
        warmup: number of time steps at which the signal is read, from 1 to N.
        horizon: how many time steps ahead the network predicts, `rnn_core.tasks.Task.horizon`, from
            1 to ``warmup``: after the warm-up the input is the prediction made that many time steps
            before. None reads the signal to its end.
        tolerance: largest error that counts as valid, above 0.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: when a shape does not match or a number is outside its limits.

    Source: valid prediction time and its tolerance after Pathak et al., "Hybrid forecasting of
    chaotic processes: using machine learning in conjunction with a knowledge-based model", Chaos 28
    (2018), who divide by the root mean square instead.
    """
    cell_of(model)  # or it is none
    signal = check_inputs(inputs, model.rnn.input_size)
    wanted = as_float64(targets, "targets")
    count, outputs = len(signal), model.out.out_features
    if wanted.shape != (count, outputs):
        raise ValueError(
            f"targets must have shape ({count}, {outputs}), got {wanted.shape}. "
            "Give those of the same time steps."
        )
    require("warmup", warmup, Integral, "a whole number", f"{(count + 1) // 2}")
    if isinstance(warmup, bool) or not 1 <= warmup <= count:
        raise ValueError(
            f"warmup must be from 1 to {count}, got {Brief(warmup)!r}. Try {(count + 1) // 2}."
        )
    if horizon is not None:
        require("horizon", horizon, Integral, "None or a whole number", "trainer.task.horizon")
    if isinstance(horizon, bool) or (horizon is not None and not 1 <= horizon <= warmup):
        raise ValueError(
            f"horizon must be from 1 to warmup, which is {warmup}, got {Brief(horizon)!r}. "
            "Give the task's own: trainer.task.horizon."
        )
    if horizon is not None and outputs != signal.shape[1]:
        raise ValueError(
            f"horizon must be None where {outputs} outputs cannot be {signal.shape[1]} inputs, "
            f"got {horizon}. Give None."
        )
    tolerance = number("tolerance", tolerance, "0.4")
    if not tolerance > 0:
        raise ValueError(f"tolerance must be above 0, got {Brief(tolerance)!r}. Try 0.4.")
    read, prediction = _run(model, signal, state, warmup, horizon)
    spread = np.sqrt(np.mean(wanted.var(axis=0)))
    error = np.sqrt(np.mean((prediction - wanted) ** 2, axis=1)) / spread
    lost = np.flatnonzero(~(error[warmup:] <= tolerance))  # nan is not valid
    return FreeRun(read, prediction, error, int(lost[0]) if len(lost) else count - warmup)


def _run(
    model: RecurrentModel, signal: Array, state: State | None, warmup: int, horizon: int | None
) -> tuple[Array, Array]:
    """The inputs that were read, and the predictions."""
    layers = layers_of(cell_of(model), model.rnn)
    states = [tuple(own[:, None]) for own in start_of(model, state).swapaxes(0, 1)]  # (1, H) each
    weight, bias = as_float64(model.out.weight), as_float64(model.out.bias)
    read, prediction = signal.copy(), np.empty((len(signal), len(bias)))
    for n in range(len(signal)):
        if horizon is not None and n >= warmup:
            read[n] = prediction[n - horizon]
        below = read[n : n + 1]
        for place, layer in enumerate(layers):
            states[place] = layer.step(below, states[place]).state
            below = states[place][0]
        prediction[n] = below[0] @ weight.T + bias
    return read, prediction
