from __future__ import annotations

import numpy as np
import pytest

from dashboard.learn.lessons.curve.lesson import highest_spike
from dashboard.learn.registry import lesson
from tests.dashboard.learn.staged import StagedRuns


def test_a_spike_is_measured_against_the_steps_before_it() -> None:
    losses = np.geomspace(1, 1e-6, 400)  # a straight fall on a logarithmic axis has none
    assert highest_spike(losses, 100)[1] < 1
    losses[300] = 50 * np.median(losses[250:300])
    step, factor = highest_spike(losses, 100)
    assert step == 300
    assert factor == pytest.approx(50)
    assert highest_spike(losses, 301)[1] < 1


@pytest.mark.parametrize(
    ("spike", "option"), [(0.0201, 1), (0.0199, 0), (0.0999, 1), (0.1001, 2), (5.0, 2)]
)
def test_the_highest_spike_decides_which_prediction_was_right(spike: float, option: int) -> None:
    losses = np.full(801, 0.01)
    losses[[100, 400]] = 9.0, spike  # what was before step 200 does not count
    found = lesson("curve").measure(StagedRuns(losses=losses))
    assert found.option == option
    assert f"at step 400: loss {spike:.2g}, {spike / 0.01:.3g} times" in str(found.said)
    assert found.rows[0][1] == f"{(spike > 0.1) / 601:.1%}"
