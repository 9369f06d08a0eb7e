"""Memory capacity: how much of the past inputs a linear readout finds in the state, by lag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_core.cells.base import Array, layers_of
from rnn_core.cells.derivatives import product
from rnn_core.cells.registry import cell_of
from rnn_core.diagnostics.linear import column_space
from rnn_core.messages import N_, InvalidValue
from rnn_core.models import RecurrentModel
from rnn_core.rules import Choice, FloatRange, IntRange

_COUNT = IntRange(1, 1_000_000)
_BLOCKS = IntRange(2, 1_000)
_SEED = IntRange(0, 2**32 - 1)
_SCALE = FloatRange(0.0, 1e6, open_low=True)
_INPUTS = Choice(("bits", "uniform"))
_READ = Choice(("h", "state"))
# A direction of the states whose standard deviation is below this share of their root mean square
# is rounding noise: networks compute in float32.
_RESOLUTION = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, slots=True, eq=False)
class MemoryCapacity:
    """The memory capacity at each lag, 0 to K, measured on N independent blocks.

    Args:
        blocks: MC_k in each block, shape ``(N, 1 + K)``: adjusted R² of a readout common to all
            blocks, so 0 on average where the state holds nothing, and below 0 by chance. nan if a
            state is not finite.
        bound: how many numbers the readout reads; no network's capacities sum to more.
    """

    blocks: Array
    bound: int

    @property
    def lags(self) -> np.ndarray:
        """0 to K, in time steps; lag 0 is the present input."""
        return np.arange(self.blocks.shape[1])

    @property
    def by_lag(self) -> Array:
        """MC_k: the mean over the blocks, shape ``(1 + K,)``."""
        mean: Array = self.blocks.mean(axis=0)
        return mean

    @property
    def error(self) -> Array:
        """Standard error of each MC_k, from the scatter of the blocks, shape ``(1 + K,)``."""
        return _standard_error(self.blocks)

    @property
    def total(self) -> float:
        """The memory capacity MC: the sum over the lags."""
        return float(self.by_lag.sum())

    @property
    def total_error(self) -> float:
        """Standard error of the sum."""
        return float(_standard_error(self.blocks.sum(axis=1)))


def memory_capacity(
    model: RecurrentModel,
    *,
    max_lag: int = 100,
    inputs: str = "bits",
    scale: float = 1.0,
    read: str = "h",
    blocks: int = 10,
    samples: int = 1000,
    washout: int = 200,
    seed: int = 0,
) -> MemoryCapacity:
    """Jaeger's short-term memory capacity, by lag.

    The network reads independent random inputs. MC_k is the share of the variance of the input of
    k time steps ago that the best linear function of the present state explains, R². Their sum over
    all lags is at most the number of values read. A linear network reaches it, if its states span
    all directions; so does a shift register, with MC_k = 1 for its length.

    MC_k is what the state holds in linear form. Training may not have found that readout, and a
    nonlinear readout may find more.

    One readout is fitted to all M counted time steps of all blocks, by least squares without a
    penalty. On the data it was fitted to, R² is too high by about p / M for p directions of the
    states: little at one lag, much in the sum over a hundred. MC_k is therefore the adjusted value
    ``1 - (1 - R²) (M - 1) / (M - 1 - p)``. It is not clipped at 0, which would bring the bias back.
    A bias of a few / M remains at each lag where the states change slowly. Directions below
    float32's rounding do not count.

    Jaeger sums from lag 1. Here lag 0 counts too, since the state has read the present input: a
    linear network reaches the bound only with it.

    Args:
        model: read only.
        max_lag: the largest lag K, at least 0.
        inputs: ``"bits"``, -1 or +1 with equal probability, as in the task delayed recall; or
            ``"uniform"``, between -1 and 1. Both are multiplied by ``scale``. If the network has
            several inputs, they are independent, and MC_k is the sum over them.
        scale: Jaeger's inputs are ``"uniform"`` with a scale of 0.5. The larger the inputs, the
            less linear the network.
        read: ``"h"``, the top layer's hidden state, which the network's own readout reads: H
            numbers. Or ``"state"``, all parts of the top layer's state: an LSTM's h and c, 2 H
            numbers.
        blocks: independent input sequences N, from 2; the network starts each from zeros.
        samples: time steps of each block that count. All blocks together must have more than ten
            for each number read.
        washout: time steps of each block before those; at least ``max_lag``.
        seed: of the inputs.

    Raises:
        TypeError, ValueError: when a number is outside its limits.

    Source: Jaeger, "Short term memory in echo state networks", GMD report 152 (2001). Bias of
    finite samples: Dambre et al., "Information processing capacity of dynamical systems",
    Scientific Reports 2:514 (2012); numerical rank: Ballarin, Grigoryeva and Ortega, "Memory of
    recurrent networks: do we compute it right?", arXiv:2305.01457 (2023).

    Example:
        >>> from rnn_core import RecurrentModel, RunConfig
        >>> found = memory_capacity(RecurrentModel(RunConfig(hidden_size=8)))
        >>> found.by_lag.shape, found.bound
        ((101,), 8)
    """
    max_lag = IntRange(0, 100_000).check("max_lag", max_lag, 100)
    samples, blocks = _COUNT.check("samples", samples, 1000), _BLOCKS.check("blocks", blocks, 10)
    washout = IntRange(max_lag, 1_000_000).check("washout", washout, max(200, max_lag))
    inputs, read = _INPUTS.check("inputs", inputs, "bits"), _READ.check("read", read, "h")
    scale = _SCALE.check("scale", scale, 1.0)
    cell = cell_of(model)
    parts = len(cell.state_parts) if read == "state" else 1
    bound = parts * model.rnn.hidden_size
    if blocks * samples <= 10 * bound:
        raise InvalidValue(
            N_(
                "samples must be more than {least} for {bound} numbers that are read, got "
                "{samples}. Try 1000."
            ),
            least=10 * bound // blocks,
            bound=bound,
            samples=samples,
        )
    shape = blocks, washout + samples, model.rnn.input_size
    rng = np.random.default_rng(_SEED.check("seed", seed, 0))
    drawn = rng.choice([-1.0, 1.0], shape) if inputs == "bits" else rng.uniform(-1, 1, shape)
    given: Array = scale * drawn
    states = _states(model, given, parts)[:, washout:]
    # Last axis: the inputs of 0 to K steps before each counted step.
    before = np.lib.stride_tricks.sliding_window_view(given, 1 + max_lag, axis=1)[..., ::-1]
    past = before[:, washout - max_lag :]  # (N, n, D, 1 + K)
    return MemoryCapacity(_explained(states, past).sum(axis=1), bound)


@np.errstate(invalid="ignore", over="ignore")  # a network that diverges gives nan
def _states(model: RecurrentModel, inputs: Array, parts: int) -> Array:
    """The first parts of the top layer's state after each time step, ``(N, T, parts · H)``."""
    cell, below = cell_of(model), inputs
    for layer in layers_of(cell, model.rnn):
        visited = np.empty((*inputs.shape[:2], parts * layer.hidden_size))
        rows = tuple(np.zeros((len(inputs), layer.hidden_size)) for _ in cell.state_parts)
        for t in range(inputs.shape[1]):
            rows = layer.step(below[:, t], rows).state
            visited[:, t] = np.concatenate(rows[:parts], axis=1)
        below = visited[..., : layer.hidden_size]
    return visited


def _explained(states: Array, past: Array) -> Array:
    """Adjusted R² of one readout in each block, for each feature and lag, ``(N, D, 1 + K)``.

    Args:
        states: shape ``(N, n, S)``.
        past: what the readout is to give, of mean 0, shape ``(N, n, D, 1 + K)``.
    """
    blocks, samples = states.shape[:2]
    if not np.isfinite(states).all():
        return np.full((blocks, *past.shape[2:]), np.nan)
    read = states.reshape(blocks * samples, -1)
    least = _RESOLUTION * float(np.linalg.norm(read))
    basis = column_space(read - read.mean(axis=0), least)
    wanted = past.reshape(len(read), -1)
    wanted = wanted - wanted.mean(axis=0)
    left = wanted - product(basis, product(basis.T.copy(), wanted))
    sizes = [(each.reshape(past.shape) ** 2).sum(axis=1) for each in (left, wanted)]
    freedom = len(read) - 1
    adjusted: Array = 1 - sizes[0] / sizes[1] * freedom / (freedom - basis.shape[1])
    return adjusted


def _standard_error(blocks: Array) -> Array:
    scatter: Array = blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks))
    return scatter
