from __future__ import annotations

import numpy as np
import pytest

from rnn_core.cli import history as module
from rnn_core.cli.history import history_of
from rnn_core.experiments.run import Curve


def curve(first: int, last: int) -> Curve:
    steps = np.arange(first, last + 1.0)
    return Curve(steps / 10, steps / 5)


def test_the_step_that_was_held_is_replaced() -> None:
    before = history_of(curve(0, 9), None, 0)
    found = history_of(curve(9, 14), before, 9)
    assert found.step.tolist() == list(range(15))
    assert found.loss.tolist() == curve(0, 14).losses.tolist()
    assert found.grad_norm.tolist() == curve(0, 14).grad_norms.tolist()


def test_without_a_history_before_it_begins_where_the_run_goes_on() -> None:
    assert history_of(curve(9, 14), None, 9).step.tolist() == list(range(9, 15))


@pytest.mark.parametrize("steps", [99, 100, 101, 250, 5000])
def test_a_long_history_is_thinned_and_keeps_both_ends(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LOSSES", 100)
    found = history_of(curve(0, steps - 1), None, 0)
    assert len(found.step) <= 100
    assert (found.step[0], found.step[-1]) == (0, steps - 1)
    assert found.loss.tolist() == (found.step / 10).tolist()
