"""Series to order: a sum of sines, with noise if wanted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.arguments import items, require, whole
from rnn_core.messages import N_, InvalidValue
from rnn_core.rules import FloatRange, IntRange

#: Rows that a waveform may have, and sines that it may be the sum of.
WAVEFORM_ROWS = IntRange(100, 100_000)
MOST_HARMONICS = 12
_PERIOD = FloatRange(2.0, 100_000.0)
_AMPLITUDE = FloatRange(0.0, 1e6)
_PHASE = FloatRange(-360.0, 360.0)
_NOISE = FloatRange(0.0, 1e6)


@dataclass(frozen=True, slots=True)
class Harmonic:
    """One sine.

    Args:
        period: in rows, from 2, below which samples cannot tell it from a slower one.
        amplitude: at least 0.
        phase: in degrees, from -360 to 360; 90 makes it a cosine.

    Raises:
        TypeError, ValueError: when a number is outside its limits.
    """

    period: float
    amplitude: float = 1.0
    phase: float = 0.0

    def __post_init__(self) -> None:
        _PERIOD.check("period", self.period, 20.0)
        _AMPLITUDE.check("amplitude", self.amplitude, 1.0)
        _PHASE.check("phase", self.phase, 0.0)


def waveform(
    harmonics: Sequence[Harmonic], rows: int, noise_std: float = 0.0, seed: int = 0
) -> NDArray[np.float64]:
    """The sum of the harmonics at rows 0, 1, 2 …, plus Gaussian noise.

    Args:
        harmonics: from one to `MOST_HARMONICS`.
        rows: within `WAVEFORM_ROWS`.
        noise_std: standard deviation of the noise, at least 0.
        seed: of the noise.

    Returns:
        Shape ``(rows,)``.

    Raises:
        TypeError, ValueError: when a number is outside its limits.

    Example:
        >>> waveform([Harmonic(4)], rows=100)[:4].round(6).tolist()
        [0.0, 1.0, 0.0, -1.0]
    """
    WAVEFORM_ROWS.check("rows", rows, 1_000)
    _NOISE.check("noise_std", noise_std, 0.0)
    whole("seed", seed, 0)
    harmonics = items("harmonics", harmonics, "a sequence of Harmonics", "[Harmonic(20)]")
    for each in harmonics:
        require("each of the harmonics", each, Harmonic, "a Harmonic", "Harmonic(20)")
    if not 1 <= len(harmonics) <= MOST_HARMONICS:
        raise InvalidValue(
            N_("A waveform is the sum of 1 to {most} harmonics, got {count}."),
            most=MOST_HARMONICS,
            count=len(harmonics),
        )
    time = np.arange(rows, dtype=np.float64)
    total = np.zeros(rows)
    for each in harmonics:
        # Whole periods are taken off first: large angles have few digits left.
        turns = np.mod(time, each.period) / each.period + each.phase / 360
        total += each.amplitude * np.sin(2 * math.pi * turns)
    if noise_std:
        total += np.random.default_rng(seed).normal(0.0, noise_std, rows)
    return total
