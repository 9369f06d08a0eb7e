from __future__ import annotations

import numpy as np

from dashboard.run.views.update.result import UpdateResult
from rnn_core import RunConfig
from tests.dashboard.runs import inspect, run_after


def test_it_holds_the_window_and_the_update_that_is_made_next() -> None:
    run = run_after(3, RunConfig(hidden_size=4, optimizer="rmsprop"))
    result = inspect(run, "slow").result
    assert isinstance(result, UpdateResult)
    assert result.optimizer == "rmsprop"
    np.testing.assert_allclose(result.update.loss, run.frame().step.loss, rtol=1e-5)
    np.testing.assert_allclose(
        result.window.unrolled.h[-1, 1:], run.frame().hidden[-1], rtol=1e-4, atol=1e-6
    )
