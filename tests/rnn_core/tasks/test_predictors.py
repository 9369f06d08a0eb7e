from __future__ import annotations

import numpy as np
import pytest

from rnn_core.tasks.predictors import measured


def test_the_error_of_a_measured_floor_covers_the_truth_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(0)
    floors = [measured("constant", rng.exponential(2.0, 256)) for _ in range(2000)]
    covered = np.mean([abs(floor.value - 2.0) <= floor.error for floor in floors])
    assert covered == pytest.approx(0.95, abs=0.02)


def test_a_measured_floor_is_the_mean_over_its_streams() -> None:
    floor = measured("persistence", np.tile([1.0, 3.0], 50))
    assert (floor.key, floor.bound, floor.value, floor.lags) == ("persistence", "measured", 2, None)
    # The standard error of a hundred values at distance 1 from their mean is 1 / √99.
    assert floor.error == pytest.approx(1.97 / np.sqrt(99))
