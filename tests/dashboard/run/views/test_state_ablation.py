from __future__ import annotations

import numpy as np
import pytest

from dashboard.run.views.registry import view
from rnn_core import RunConfig, evaluate
from tests.dashboard.runs import charts_of, inspect, run_after, trainer_at
from tests.dashboard.sent_charts import rows


def test_the_ablation_is_that_of_the_step_on_screen() -> None:
    config = RunConfig(cell="lstm", hidden_size=5)
    expected = evaluate(trainer_at(7, config))
    evaluation = inspect(run_after(7, config), "memory").result.evaluation
    for how in ("carried", "reset", "shuffled"):
        np.testing.assert_array_equal(getattr(evaluation, how), getattr(expected, how))


def test_the_losses_stand_beside_the_floors_with_their_intervals() -> None:
    run = run_after(3, RunConfig(hidden_size=4))
    evaluation = inspect(run, "memory").result.evaluation
    (chart,) = charts_of(run, "memory")
    drawn = rows(chart)
    assert [row["how"] for row in drawn["losses"]] == ["carried", "reset", "shuffled"]
    estimate = evaluation.estimate(evaluation.reset)
    assert drawn["losses"][1]["loss"] == pytest.approx(estimate.mean)
    assert drawn["losses"][1]["low"] == pytest.approx(estimate.low)
    assert drawn["losses"][1]["high"] == pytest.approx(estimate.high)
    assert [row["loss"] for row in drawn["floors"]] == pytest.approx([0.55, 0.1])


def test_the_losses_and_the_gain_are_said() -> None:
    result = inspect(run_after(3, RunConfig(hidden_size=4)), "memory").result
    evaluation = result.evaluation
    said = view("memory").numbers(result)
    assert f"over 100 windows: carried {evaluation.carried.mean():.3g}," in said
    assert f"Reset less carried: {evaluation.memory_gain.mean:.3g} (" in said
