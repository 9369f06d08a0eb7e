from __future__ import annotations

import numpy as np
import pytest

from dashboard.train.views.registry import view
from rnn_core import RunConfig
from rnn_core.diagnostics import state_ablation
from tests.dashboard.runs import charts_of, inspect, run_after, trainer_at
from tests.dashboard.sent_charts import rows


def test_the_ablation_is_that_of_the_step_on_screen() -> None:
    config = RunConfig(cell="lstm", hidden_size=5)
    trainer = trainer_at(7, config)
    expected = state_ablation(trainer.model, trainer.task, start=7, windows=20, state=trainer.state)
    ablation = inspect(run_after(7, config), "memory").result.ablation
    for how in ("carried", "reset", "shuffled"):
        np.testing.assert_array_equal(getattr(ablation, how), getattr(expected, how))


def test_the_losses_stand_beside_the_floors() -> None:
    run = run_after(3, RunConfig(hidden_size=4))
    ablation = inspect(run, "memory").result.ablation
    (chart,) = charts_of(run, "memory")
    drawn = rows(chart)
    assert [row["how"] for row in drawn["losses"]] == ["carried", "reset", "shuffled"]
    assert drawn["losses"][1]["loss"] == pytest.approx(ablation.reset.mean())
    assert [row["loss"] for row in drawn["floors"]] == pytest.approx([0.55, 0.55, 0.1])


def test_the_losses_and_the_number_of_windows_are_said() -> None:
    result = inspect(run_after(3, RunConfig(hidden_size=4)), "memory").result
    carried = result.ablation.carried.mean()
    assert f"carried {carried:.3g}," in view("memory").numbers(result)
    assert "the next 20 windows" in view("memory").how_to_read()
