"""How far forecasts are off."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnn_core.series.scores import Scores

TRAIN = np.array([1.0, 5.0, 2.0, 7.0])


def test_errors_are_scaled_by_persistence_or_by_the_season() -> None:
    forecast, answers = np.array([1.0, 2.0]), np.array([2.0, 5.0])
    assert Scores.of(forecast, answers, TRAIN) == Scores(2.0, math.sqrt(5), 2.0 / 4)
    assert Scores.of(forecast, answers, TRAIN, 2).mase == pytest.approx(2.0 / 1.5)


def test_nothing_scales_a_constant_training_part() -> None:
    assert math.isnan(Scores.of(np.ones(2), np.zeros(2), np.ones(5)).mase)
