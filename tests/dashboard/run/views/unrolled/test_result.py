from __future__ import annotations

import numpy as np
import pytest

from dashboard.run.views.unrolled.result import unroll_window
from rnn_core import RunConfig
from rnn_core.tasks import TASKS
from tests.dashboard.runs import trainer_at


def test_it_is_the_window_of_the_step_that_the_trainer_stands_at() -> None:
    trainer = trainer_at(3, RunConfig(cell="gru", hidden_size=4))
    result = unroll_window(trainer)
    np.testing.assert_allclose(result.unrolled.inputs, trainer.task.batch(3).inputs[0], atol=1e-6)
    np.testing.assert_allclose(result.targets, trainer.task.batch(3).targets[0], atol=1e-6)
    np.testing.assert_allclose(
        result.unrolled.h[-1, 1:], trainer.hidden_states[0], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize(
    ("task", "symbols", "masked"),
    [("sin_to_cos", False, False), ("adding", False, True), ("temporal_order", True, True)],
)
def test_symbols_and_time_steps_without_a_loss_are_known(
    task: str, symbols: bool, masked: bool
) -> None:
    settings = {**TASKS[task].defaults, "hidden_size": 3}
    result = unroll_window(trainer_at(0, RunConfig(task=task, **settings)))  # type: ignore[arg-type]
    assert result.symbols is symbols
    assert (result.loss_mask is not None and not result.loss_mask.all()) is masked
