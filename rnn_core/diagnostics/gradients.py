"""Gradients back through a window: by lag, and from every output to every input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from rnn_core.arguments import require
from rnn_core.cells.base import Array
from rnn_core.diagnostics.unrolled import backward, through_time, time_steps, unroll
from rnn_core.models import RecurrentModel, State
from rnn_core.rules import Flag
from rnn_core.tasks import Criterion
from rnn_core.training.losses import check_targets, loss_slopes


@dataclass(frozen=True, slots=True, eq=False)
class LagGradient:
    """How strongly the loss at one time step depends on the states before it.

    Args:
        index: the time step of the loss, counted from 0.
        norms: ‖∂L/∂h‖ for lags 0 to ``index + 1``, by layer, shape ``(L, index + 2)``, and likewise
            for every other state part, by name. The last one belongs to the state that the window
            starts from, where training stops. An LSTM's ‖∂L/∂c‖ includes what c does to the h of
            its own time step.
    """

    index: int
    norms: Mapping[str, Array]

    @property
    def hidden(self) -> Array:
        """‖∂L/∂h‖."""
        return self.norms["h"]


@dataclass(frozen=True, slots=True, eq=False)
class LagShares:
    """The gradient of a layer's main weight, itemised by lag; W_hh for PyTorch's cells.

    Args:
        norm: Frobenius norm of each lag's part of ∂L/∂W, by layer, shape ``(L, K)`` for lags
            0 to K - 1.
        share: share of each part in the whole gradient: its projection on the whole over the
            whole's squared norm, shape ``(L, K)``. With all lags a layer's shares add up to 1; a
            part that points against the whole is negative. nan where the gradient is zero.
        whole: norm of the sum of all parts, by layer, shape ``(L,)``: with all lags ‖∂L/∂W‖.
    """

    norm: Array
    share: Array
    whole: Array


def gradient_by_lag(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None,
    targets: ArrayLike,
    *,
    criterion: Criterion = "mse",
    loss_mask: ArrayLike | None = None,
) -> LagGradient:
    """The gradient of the last counted time step's loss by every state before it.

    Norms that fall with the lag show a vanishing gradient, norms that rise an exploding one.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: state before the window, as `Trainer.state` gives it; None stands for zeros.
        targets: shape ``(T, K)``.
        criterion: the loss at a time step.
        loss_mask: which time steps have a loss, shape ``(T,)``; None for all.

    Raises:
        ValueError: when a shape does not match or no time step counts.

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks"
    (2013).
    """
    unrolled = unroll(model, inputs, state)
    wanted, times = check_targets(targets, loss_mask, unrolled.prediction)
    index = int(times[-1])
    slope = loss_slopes(unrolled.prediction[index], wanted[index], criterion)
    read = np.zeros_like(unrolled.h[-1, 1:])
    read[index] = slope @ unrolled.readout
    whole = through_time(unrolled, read)
    norms = {
        name: np.linalg.norm(part[:, index + 1 :: -1], axis=2)
        for name, part in zip(unrolled.cell.state_parts, whole, strict=True)
    }
    return LagGradient(index, MappingProxyType(norms))


def saliency(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None = None,
    *,
    at: Sequence[int] | None = None,
) -> Array:
    """How much the prediction at one time step depends on the input at another.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: state before the window, as `Trainer.state` gives it; None stands for zeros.
        at: the time steps whose predictions are wanted, counted from 0; None for all. Time grows
            with their number.

    Returns:
        The Frobenius norms ‖∂y_t/∂x_s‖, shape ``(N, T)``: a row for each t, column s; 0 where
        s > t.

    Raises:
        ValueError: when a shape does not match or a time step is outside the window.

    Source: Madsen, "Visualizing memorization in RNNs", Distill (2019), which calls it connectivity.
    """
    unrolled = unroll(model, inputs, state)
    length, outputs = unrolled.prediction.shape
    chosen = time_steps(at, length, first=0)
    seeds = [unrolled.readout[:0]] * length
    for index in chosen:
        seeds[index] = unrolled.readout
    squares = np.zeros((length, length))
    for adjoint in backward(unrolled, seeds):
        if adjoint.step >= 0:
            by_output = np.sum(adjoint.inputs**2, axis=1).reshape(-1, outputs)
            squares[adjoint.sources[::outputs], adjoint.step] = by_output.sum(axis=1)
    return np.sqrt(squares[chosen])


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def shares_by_lag(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None,
    targets: ArrayLike,
    *,
    criterion: Criterion = "mse",
    loss_mask: ArrayLike | None = None,
    max_lag: int | None = None,
    top_layer: bool = False,
) -> LagShares:
    """Split the window's ∂L/∂W into the parts that passed through 0, 1, 2 … time steps.

    W is the cell's main weight, W_hh for PyTorch's cells. The part of lag k is the sum over all t
    of the derivative of the loss at t by the weight as used at t - k. The sum of all parts is the
    gradient of the row's loss.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: state before the window, as `Trainer.state` gives it; None stands for zeros.
        targets: shape ``(T, K)``.
        criterion: the loss at a time step; the window's loss is the mean over the counted ones.
        loss_mask: which time steps have a loss, shape ``(T,)``; None for all.
        max_lag: longest lag, at least 0; None for the whole window. Time and memory grow with it
            (L·K·G·H² numbers for G gates). Longer lags are left out of all results.
        top_layer: whether only the top layer is wanted; then L is 1 in all results.

    Raises:
        ValueError: when a shape does not match, no time step counts or max_lag is negative.

    Source: Cashman et al., "RNNbow: visualizing learning via backpropagation gradients in RNNs",
    arXiv:1907.12545.
    """
    Flag().check("top_layer", top_layer, False)
    if max_lag is not None:
        require("max_lag", max_lag, Integral, "None or a whole number", "20")
    if isinstance(max_lag, bool) or (max_lag is not None and max_lag < 0):
        raise ValueError(f"max_lag must be at least 0, got {max_lag}. Try 20.")
    unrolled = unroll(model, inputs, state)
    wanted, times = check_targets(targets, loss_mask, unrolled.prediction)
    length, depth = len(wanted), len(unrolled.layers)
    by_prediction = loss_slopes(unrolled.prediction[times], wanted[times], criterion) / len(times)
    lags = length if max_lag is None else min(length, max_lag + 1)
    at = unrolled.derivatives()
    lowest = depth - 1 if top_layer else 0
    # Layers are apart, since their weights may differ in shape.
    parts = [
        np.zeros((lags, layer.weights[unrolled.cell.main_weight].size))
        for layer in unrolled.layers[lowest:]
    ]
    # The losses of all time steps go back together, each from its own.
    steps = times
    after = np.zeros((len(unrolled.state), depth, len(times), unrolled.h.shape[-1]))
    after[0, -1] = by_prediction @ unrolled.readout
    for lag in range(lags):
        inside = steps >= 0
        steps, after = steps[inside], after[:, :, inside]
        before = np.zeros_like(after)
        for number in reversed(range(lowest, depth)):
            pulled = at[number].pull(steps, tuple(after[:, number]), with_weight=True)
            for part, values in zip(before, pulled.before, strict=True):
                part[number] = values
            if number > lowest:
                after[0, number - 1] += pulled.inputs
            assert pulled.weight is not None
            parts[number - lowest][lag] = pulled.weight.ravel()
        steps, after = steps - 1, before
    whole = [part.sum(axis=0) for part in parts]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = [part @ total / np.sum(total**2) for part, total in zip(parts, whole, strict=True)]
    return LagShares(
        np.stack([np.linalg.norm(part, axis=1) for part in parts]),
        np.stack(share),
        np.array([np.linalg.norm(total) for total in whole]),
    )
