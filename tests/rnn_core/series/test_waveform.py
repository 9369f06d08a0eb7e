from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.series.waveform import MOST_HARMONICS, Harmonic, waveform


def test_known_values() -> None:
    np.testing.assert_allclose(waveform([Harmonic(4)], 100)[:5], [0, 1, 0, -1, 0], atol=1e-12)
    cosine = waveform([Harmonic(8, 2.0, 90.0)], 100)
    np.testing.assert_allclose(cosine[:3], [2, math.sqrt(2), 0], atol=1e-12)
    both = waveform([Harmonic(4), Harmonic(8, 2.0, 90.0)], 100)
    np.testing.assert_allclose(both, waveform([Harmonic(4)], 100) + cosine, atol=1e-12)


@given(st.integers(2, 90), st.floats(-360, 360), st.floats(0, 100))
def test_it_comes_again_after_its_period(period: int, phase: float, amplitude: float) -> None:
    wave = waveform([Harmonic(period, amplitude, phase)], 200)
    np.testing.assert_allclose(wave[period:], wave[:-period], atol=1e-9)
    assert np.abs(wave).max() <= amplitude + 1e-9


def test_noise_has_its_standard_deviation_and_comes_from_its_seed() -> None:
    clean = waveform([Harmonic(20)], 50_000)
    noisy = waveform([Harmonic(20)], 50_000, noise_std=0.5, seed=3)
    assert np.std(noisy - clean) == pytest.approx(0.5, rel=0.02)
    np.testing.assert_array_equal(noisy, waveform([Harmonic(20)], 50_000, 0.5, seed=3))
    assert not np.array_equal(noisy, waveform([Harmonic(20)], 50_000, 0.5, seed=4))


@pytest.mark.parametrize(
    ("period", "amplitude", "phase", "said"),
    [
        (1.9, 1.0, 0.0, "period"),
        (math.inf, 1.0, 0.0, "period"),
        (20.0, -1.0, 0.0, "amplitude"),
        (20.0, math.nan, 0.0, "amplitude"),
        (20.0, 1.0, 361.0, "phase"),
    ],
)
def test_a_harmonic_has_limits(period: float, amplitude: float, phase: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Harmonic(period, amplitude, phase)


def test_a_waveform_has_limits() -> None:
    with pytest.raises(ValueError, match="sum of 1 to 12 harmonics, got 0"):
        waveform([], 100)
    with pytest.raises(ValueError, match="got 13"):
        waveform([Harmonic(4)] * (MOST_HARMONICS + 1), 100)
    with pytest.raises(ValueError, match="rows"):
        waveform([Harmonic(4)], 99)
    with pytest.raises(ValueError, match="noise_std"):
        waveform([Harmonic(4)], 100, noise_std=-1.0)
