from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from dashboard.learn.experiment import Runs, Trained
from dashboard.learn.lessons.persistence.lesson import lag
from dashboard.learn.registry import lesson
from rnn_core import build_task
from tests.dashboard.learn.staged import StagedRuns


@pytest.mark.parametrize(("late", "shift"), [(0, -1), (1, 0), (3, 2)])
def test_the_lag_is_by_how_much_a_forecast_is_late(late: int, shift: int) -> None:
    task = build_task(lesson("persistence").variants[0].config)

    def predict(inputs: np.ndarray, _state: object) -> tuple[np.ndarray, None]:
        return np.roll(inputs, shift, axis=1), None  # 0: the present input, one sample late

    trainer = SimpleNamespace(task=task, index=100, predict=predict, state=None)
    assert lag(Trained(cast(Any, trainer), np.empty(0))) == late


@pytest.mark.parametrize("seed", range(5))
def test_more_training_makes_it_a_forecast(seed: int) -> None:
    short, loss, long = (
        str(value) for _label, value in lesson("persistence").measure(Runs(seed, "compiled")).rows
    )
    assert int(short) >= 1
    assert int(long) == 0
    floor: Callable[[str], float] = {
        found.key: found.value
        for found in build_task(lesson("persistence").variants[0].config).floors()
    }.__getitem__
    assert float(loss) < floor("persistence")


@pytest.mark.parametrize("loss", [0.00054, 0.00055, 0.001090, 0.001092])
def test_the_floor_of_persistence_decides_which_prediction_was_right(loss: float) -> None:
    found = lesson("persistence").measure(StagedRuns(held_out=loss))
    # The floor is 0.00109016 ± 0.0000009.
    assert found.option == {0.00054: 0, 0.00055: 1, 0.001090: 1, 0.001092: 2}[loss]
    assert f"{1 - loss / 0.0512037:.0%} of the variance explained" in str(found.said)
