"""Naive forecasts take what was fitted to other rows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from rnn_core.series.fits import NaiveFits

RNG = np.random.default_rng(0)
VALUES = np.sin(2 * np.pi * np.arange(300) / 12)[:, None] * [1.0, 2.0] + RNG.normal(
    scale=0.1, size=(300, 2)
)


@pytest.fixture(scope="module")
def fits() -> NaiveFits:
    return NaiveFits.of(VALUES, VALUES, 2, 200, 12)


def test_what_was_written_forecasts_as_before(fits: NaiveFits) -> None:
    again = NaiveFits.from_dict(json.loads(json.dumps(fits.to_dict())), 2, 2)
    origins = np.arange(240, 290)
    first, second = (
        each.begun_anew(VALUES, 24).forecasts(VALUES, VALUES, origins, 2) for each in (fits, again)
    )
    assert set(first) == {"constant", "persistence", "drift", "linear", "smoothing", "seasonal"}
    for key, made in first.items():
        assert made.shape == (50, 2)
        np.testing.assert_array_equal(made, second[key])


def test_other_rows_change_nothing_that_was_fitted(fits: NaiveFits) -> None:
    other = 5 + 3 * VALUES
    begun = fits.begun_anew(other, 35)
    assert begun.linear is fits.linear
    assert begun.means is fits.means
    own, anew = fits.smoothing[0].parameters, begun.smoothing[0].parameters
    for name in ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend"):
        assert own[name] == anew[name]
    assert anew["initial_level"] == other[:12, 0].mean()
    assert anew["initial_trend"] == 0
    first, second = other[:12, 0], other[12:24, 0]
    season = (first - first.mean() + second - second.mean()) / 2
    np.testing.assert_allclose(anew["initial_seasons"], season)


def test_smoothing_that_began_anew_soon_agrees_with_that_of_the_whole_series(
    fits: NaiveFits,
) -> None:
    origins = np.arange(100, 140)
    anew = fits.begun_anew(VALUES[150:], 100).forecasts(VALUES[150:], VALUES[150:], origins, 2)
    whole = fits.forecasts(VALUES, VALUES, origins + 150, 2)
    assert np.abs(anew["smoothing"] - whole["smoothing"]).max() < 0.1


@pytest.mark.parametrize(
    "changed",
    [
        {"period": 1},
        {"period": "x"},
        {"means": [0.0]},
        {"means": [0.0, float("nan")]},
        {"linear": []},
        {"linear": [[[1.0], [1.0], 0.0]] * 2},
        {"smoothing": [[None, [0.1, 0.2]]] * 2},
    ],
)
def test_what_does_not_fit_the_targets_is_refused(fits: NaiveFits, changed: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        NaiveFits.from_dict(fits.to_dict() | changed, 2, 2)
