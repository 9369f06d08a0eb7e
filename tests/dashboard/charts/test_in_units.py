"""Steps in the unit of their series."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.app.own_series import OwnSeries
from dashboard.charts.in_units import in_units
from dashboard.charts.window_layout import window_layout
from rnn_core import TASKS, RunConfig, Trainer

CONFIG = TASKS["series"].config(window_length=12, delay=3)


def test_one_column_is_drawn_in_its_unit() -> None:
    own = OwnSeries({"series": "co2"})
    trainer = Trainer(CONFIG, task=own.task(CONFIG))
    step = next(trainer.steps())
    shown = in_units(step, trainer.task.units)
    level = own.series.column("co2 (ppm)")
    np.testing.assert_allclose(shown.inputs[0, :, 0], level[:12], rtol=1e-5)
    np.testing.assert_allclose(shown.targets[0, :, 0], level[3:15], rtol=1e-5)
    units = trainer.task.units
    assert units is not None
    assert shown.prediction == pytest.approx(units.targets.undo(step.prediction))
    layout = window_layout(trainer.task, CONFIG)
    assert layout.quantity == "co2 (ppm)"
    assert (layout.low, layout.high) == (level[:570].min(), level[:570].max())
    assert layout.dated
    assert layout.standardised


def test_several_columns_share_an_axis_and_stay_standardised() -> None:
    own = OwnSeries({"series": "tetouan", "inputs": ("power (MW)", "temperature (°C)")})
    trainer = Trainer(CONFIG, task=own.task(CONFIG))
    step = next(trainer.steps())
    assert in_units(step, trainer.task.units) is step
    assert window_layout(trainer.task, CONFIG).quantity == ""


def test_other_tasks_are_drawn_as_they_are() -> None:
    trainer = Trainer(RunConfig())
    step = next(trainer.steps())
    assert in_units(step, trainer.task.units) is step
