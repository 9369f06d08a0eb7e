"""What a point is judged by."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_core import Comparison, RunConfig
from rnn_core.experiments.sweep.objectives import OBJECTIVES


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    found = Comparison([RunConfig(hidden_size=8)], seeds=3)
    for step in found.steps():
        if step.index == 99:
            break
    return found


def test_losses_are_those_of_the_comparison(comparison: Comparison) -> None:
    held_out = OBJECTIVES["held_out_loss"].measure(comparison, 0.0)
    np.testing.assert_array_equal(held_out, comparison.held_out().losses[0])
    online = OBJECTIVES["online_loss"].measure(comparison, 0.0)
    np.testing.assert_array_equal(online, comparison.online[0])


def test_steps_to_a_threshold_are_infinite_where_it_was_not_reached(
    comparison: Comparison,
) -> None:
    steps = OBJECTIVES["steps_to_threshold"]
    assert steps.needs_threshold
    np.testing.assert_array_equal(steps.measure(comparison, 10.0), [19, 19, 19])
    assert np.isinf(steps.measure(comparison, 1e-12)).all()


def test_a_network_that_diverges_has_an_infinite_loss() -> None:
    comparison = Comparison([RunConfig(hidden_size=4, optimizer="sgd", lr=10.0)], seeds=2)
    for _step in comparison.steps():
        pass
    for objective in OBJECTIVES.values():
        assert np.isinf(objective.measure(comparison, 1e-9)).all(), objective.name
