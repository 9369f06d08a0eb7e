from __future__ import annotations

import numpy as np
import pytest

from dashboard.learn.lessons.curve.lesson import highest_spike


def test_a_spike_is_measured_against_the_steps_before_it() -> None:
    losses = np.geomspace(1, 1e-6, 400)  # a straight fall on a logarithmic axis has none
    assert highest_spike(losses, 100)[1] < 1
    losses[300] = 50 * np.median(losses[250:300])
    step, factor = highest_spike(losses, 100)
    assert step == 300
    assert factor == pytest.approx(50)
    assert highest_spike(losses, 301)[1] < 1
