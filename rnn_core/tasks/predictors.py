"""What the best smooth and the best linear predictor reach, and floors measured on long signals.

*Memoryless* has one meaning for all tasks: the best smooth function of the present input, where
smooth means that it does not depend on differences below a thousandth of the input's standard
deviation. Its error is the conditional variance of the target given the input.

- A signal of many values is taken as a continuum. The function is a polynomial: its degree is ten
  for each standard deviation of half the range, which is 14 for a sine. A higher one gains little.
- A wave sampled at no more than `FEW_VALUES` phases can be learnt like a table, as far as its
  values are apart. The target's variance is that given the input with added Gaussian noise of a
  thousandth of its standard deviation. What a linear function explains is taken out first, so that
  noise costs it nothing.

So sin → cos at 18 points per period has the memoryless floor of a constant at phase 0, where the
samples come in pairs of equal input and opposite target, and 0 at phase 0.3, where all inputs
differ. Trained networks agree: a perceptron with 32 units that reads the present input alone stays
at 0.55 at phase 0, and reaches 0.06 in 2,500 updates at phase 0.3. Of 180 values it learns next to
nothing; from `FEW_VALUES` on, no table is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.tasks.base import Floor, FloorKey

Array = NDArray[np.float64]

#: Phases of a cycle up to which a network may learn their values like a table.
FEW_VALUES = 256
_DEGREE_PER_STD = 10
_PRECISION = 1e-3
# Grid points for each standard deviation of the noise, and how far it reaches.
_PER_NOISE_STD, _REACH = 8, 6
# Linear functions may use far smaller differences; a float32 has about seven digits.
_LINEAR_PRECISION = 1e-6
# A smaller share of the variance is a rounding error: of the integral, and of least squares.
_INTEGRAL_ROUNDING, _ROUNDING = 1e-6, 1e-10
# Groups of independent streams, from whose differences the error is estimated.
_GROUPS = 64


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of a signal are spread; it sets what a smooth function of them can resolve.

    Args:
        centre: half-way between the lowest and the highest.
        half: half the distance between these.
        std: standard deviation.
    """

    centre: float
    half: float
    std: float

    @classmethod
    def of(cls, signal: Array) -> Spread:
        """The spread of these values."""
        low, high = float(signal.min()), float(signal.max())
        return cls((low + high) / 2, (high - low) / 2, float(signal.std()))

    def polynomials(self, values: Array) -> Array:
        """Chebyshev polynomials up to the highest degree of a smooth function, ``(B, D + 1, n)``.

        Args:
            values: shape ``(B, n)``.
        """
        degree = max(1, int(_DEGREE_PER_STD * self.half / self.std))
        scaled = (values - self.centre) / self.half
        basis = np.empty((len(values), degree + 1, values.shape[1]))
        basis[:, 0], basis[:, 1] = 1, scaled
        for n in range(2, degree + 1):
            basis[:, n] = 2 * scaled * basis[:, n - 1] - basis[:, n - 2]
        return basis


#: Of a sine of amplitude 1.
SINE = Spread(0.0, 1.0, math.sqrt(0.5))


def memoryless_loss(
    spread: Spread, inputs: Array, targets: Array, phases: int, slope: float = 0.0
) -> float:
    """Mean squared error of the best smooth function of a periodic input.

    Args:
        spread: of the whole signal, of which ``inputs`` may be a part.
        inputs: shape ``(n,)``.
        targets: likewise, of the size of the signal.
        phases: at how many phases of its cycle the wave is sampled.
        slope: of the best linear function on the whole signal.
    """
    if phases <= FEW_VALUES:
        return table_loss(spread, inputs, targets, slope)
    return smooth_loss(spread, inputs, targets)


def smooth_loss(spread: Spread, inputs: Array, targets: Array) -> float:
    """Mean squared error of the best smooth function of an input with many values.

    Args:
        spread: of the whole signal, of which ``inputs`` may be a part.
        inputs: shape ``(n,)``.
        targets: likewise, of the size of the signal.
    """
    basis = spread.polynomials(inputs[None])[0].T
    loss = _residual(basis, targets - targets.mean())
    return loss if loss > _ROUNDING * spread.std**2 else 0.0


def table_loss(spread: Spread, inputs: Array, targets: Array, slope: float) -> float:
    """Mean squared error of the best smooth function of an input with few values.

    Args:
        spread: as in `smooth_loss`.
        inputs: likewise.
        targets: likewise.
        slope: of the linear part, which is known without noise.
    """
    unexplained = targets - slope * inputs
    unexplained = unexplained - unexplained.mean()
    std = _PRECISION * spread.std
    step = std / _PER_NOISE_STD
    # Each sample is shared between two points of a grid, which are then blurred.
    margin = _REACH * _PER_NOISE_STD + 1
    places = (inputs - (spread.centre - spread.half)) / step + margin
    size = int(2 * spread.half / step) + 2 * margin + 3
    left = np.floor(places).astype(np.int64)
    noise = np.arange(1 - margin, margin) / _PER_NOISE_STD
    kernel = np.exp(-0.5 * noise**2)
    kernel /= kernel.sum()

    def blurred(weights: Array) -> Array:
        right = places - left
        grid = np.bincount(left, weights * (1 - right), size)
        grid += np.bincount(left + 1, weights * right, size)
        return np.convolve(grid, kernel) / len(inputs)

    density, weighed = blurred(np.ones_like(inputs)), blurred(unexplained)
    explained = np.sum(weighed**2 / np.maximum(density, 1e-300))
    loss = float(np.mean(unexplained**2) - explained)
    return loss if loss > _INTEGRAL_ROUNDING * spread.std**2 else 0.0


def linear_loss(inputs: Array, targets: Array) -> float:
    """Mean squared error of the best linear function with an intercept.

    Args:
        inputs: what it reads at each of n time steps, shape ``(lags, n)``.
        targets: shape ``(n,)``, of the size of the inputs.
    """
    centred = (inputs - inputs.mean(axis=1, keepdims=True)).T
    loss = _residual(centred, targets - targets.mean())
    return loss if loss > _ROUNDING * float(inputs.var()) else 0.0


def _residual(features: Array, targets: Array) -> float:
    """Mean squared error of the least-squares fit."""
    fit = np.linalg.lstsq(features, targets, rcond=1e-13)[0]
    return float(np.mean((targets - features @ fit) ** 2))


class Fits:
    """Least-squares fits to the same features, over independent streams.

    Args:
        features: computes them, shape ``(B, p, n)`` for B streams, where B is a multiple of 64.
            They are large and not kept.
        penalty: on the square of each coefficient, shape ``(p,)``.
    """

    def __init__(self, features: Callable[[], Array], penalty: Array) -> None:
        self._features = features
        values = features()
        self._moments = _by_group(values @ values.swapaxes(1, 2)) / values.shape[2]
        self._penalised = self._moments.mean(axis=0) + np.diag(penalty)

    def losses(self, targets: Array) -> Array:
        """Mean squared error of the best fit, which is that to all streams, in groups of streams.

        On the samples that it was fitted to, a fit is better than on others. With tens of thousands
        of samples the difference is well below the statistical error.

        Args:
            targets: with mean 0, shape ``(B, n)``.
        """
        cross = _by_group(self._features() @ targets[:, :, None])[..., 0] / targets.shape[1]
        fit = np.linalg.lstsq(self._penalised, cross.mean(axis=0), rcond=1e-15)[0]
        squares = _by_group(np.mean(targets**2, axis=1))
        return np.asarray(squares - 2 * cross @ fit + self._moments @ fit @ fit)


def _by_group(moments: Array) -> Array:
    """Means over groups of streams, which are the first axis."""
    return np.asarray(moments.reshape(_GROUPS, -1, *moments.shape[1:]).mean(axis=1))


def linear_fits(inputs: Array, lags: int, every: int) -> Fits:
    """Fits of linear functions, with an intercept, of the last inputs.

    Args:
        inputs: shape ``(B, N)``.
        lags: inputs that a function reads, the present one included.
        every: time steps from one sample of the fit to the next; the first is ``lags`` - 1.
    """
    last = inputs.shape[1] - lags + 1

    def features() -> Array:
        read = [inputs[:, first : last + first : every] for first in range(lags)]
        return np.stack([*read, np.ones_like(read[0])], axis=1)

    # The effect of noise on the inputs that the function cannot tell from a difference.
    penalty = np.full(lags + 1, float(inputs.var()) * _LINEAR_PRECISION**2)
    penalty[-1] = 0
    return Fits(features, penalty)


def smooth_fits(inputs: Array, every: int) -> Fits:
    """Fits of smooth functions of the present input.

    Args:
        inputs: shape ``(B, N)``.
        every: time steps from one sample of the fit to the next; the first is 0.
    """
    spread = Spread.of(inputs)

    def features() -> Array:
        return spread.polynomials(inputs[:, ::every])

    return Fits(features, np.zeros(features().shape[1]))


def measured(key: FloorKey, losses: Array, lags: int | None = None) -> Floor:
    """A floor whose value is the mean over independent streams.

    Args:
        key: the kind of predictor.
        losses: mean loss of each stream or group of streams, shape ``(n,)`` with n at least 10.
        lags: as in `Floor`.
    """
    count = len(losses)
    # The 97.5th percentile of Student's t with n - 1 degrees of freedom, to within 0.5 %.
    half_width = 1.96 + 2.4 / (count - 1)
    error = half_width * float(losses.std(ddof=1)) / math.sqrt(count)
    return Floor(key, float(losses.mean()), "measured", error=error, lags=lags)
