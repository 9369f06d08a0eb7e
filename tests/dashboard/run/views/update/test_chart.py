from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard.run.views.update import text
from dashboard.run.views.update.chart import slow_motion
from dashboard.run.views.update.phases import PHASES, Place
from dashboard.run.views.update.result import UpdateResult
from rnn_core import RunConfig
from rnn_core.tasks import TASKS
from tests.dashboard.looks import expect_looks
from tests.dashboard.runs import charts_of, inspect, run_after
from tests.dashboard.sent_charts import rows


def update(config: RunConfig) -> UpdateResult:
    result = inspect(run_after(1, config), "slow").result
    assert isinstance(result, UpdateResult)
    return result


def strong(found: UpdateResult, place: Place, name: str) -> list[dict[str, Any]]:
    """The rows that take part."""
    return [row for row in rows(slow_motion(found, place))[name] if row["lit"] == 1.0]


def test_forward_lights_what_has_been_read() -> None:
    found = update(RunConfig(hidden_size=3))
    place = Place("forward", 4)
    cells = strong(found, place, "cells")
    assert len(cells) == 4 * 3
    values = np.reshape([cell["value"] for cell in cells], (4, 3))
    np.testing.assert_allclose(values, found.window.unrolled.h[0, 1:5], rtol=1e-6)
    assert len(strong(found, place, "dots")) == 2 * 4  # inputs and predictions, no targets
    assert {arrow["kind"] for arrow in strong(found, place, "arrows")} == {"forward"}
    assert len(strong(found, place, "arrows")) == 3 * 4
    assert strong(found, place, "bars") == []


def test_the_way_back_lights_gradients_and_turns_the_arrows_round() -> None:
    found = update(RunConfig(hidden_size=3))
    place = Place("back", 8)
    cells = strong(found, place, "cells")
    assert {round(cell["left"] + 0.3) for cell in cells} == {8, 9, 10}
    all_cells = rows(slow_motion(found, place))["cells"]
    expected = found.update.hidden[0, 1:] / np.abs(found.update.hidden[0, 1:]).max()
    np.testing.assert_allclose([cell["value"] for cell in all_cells], expected.ravel(), atol=1e-12)
    # Out of predictions 8 to 10, and along from 10 to 9 and from 9 to 8.
    heads = strong(found, place, "heads")
    assert sorted(head["angle"] for head in heads) == [180.0] * 3 + [270.0] * 2
    assert {head["kind"] for head in heads} == {"back"}
    assert len(strong(found, place, "bars")) == 3


def test_gradients_stop_at_the_window_s_border() -> None:
    found = update(RunConfig(hidden_size=3))
    along = [arrow for arrow in strong(found, Place("back", 1), "arrows") if arrow["y"] == 2.5]
    assert len(along) == 9


def test_the_losses_are_bars_relative_to_the_greatest() -> None:
    found = update(RunConfig(hidden_size=3))
    bars = strong(found, Place("loss", 1), "bars")
    heights = np.array([bar["high"] - bar["low"] for bar in bars])
    losses = found.update.losses
    np.testing.assert_allclose(heights / heights.max(), losses / losses.max(), rtol=1e-9)
    window = found.window
    prediction, target = window.unrolled.prediction[2, 0], window.targets[2, 0]
    formula = text.formula(found, Place("loss", 3))
    assert f"({prediction:.2f} - ({target:.2f}))^2 = {losses[2]:.3g}" in formula
    assert f"{losses.mean():.4g}" in formula


@pytest.mark.parametrize("task", TASKS)
def test_every_phase_can_be_drawn_and_said_on_every_task(task: str) -> None:
    config = RunConfig(**{"task": task, **TASKS[task].defaults, "hidden_size": 3})  # type: ignore[arg-type]
    found = update(config)
    last = len(found.window.targets)
    specs = []
    for phase in PHASES:
        place = Place(phase, last)
        chart = slow_motion(found, place)
        specs.append(chart.spec)
        assert text.explanation(found, place)
        assert text.formula(found, place).count("{") == text.formula(found, place).count("}")
    assert all(spec is specs[0] for spec in specs)  # what moves is data


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_it_looks_as_it_did_when_somebody_looked(cell: str) -> None:
    run = run_after(1, RunConfig(cell=cell, hidden_size=3, num_layers=2))
    expect_looks(f"view-slow-{cell}", charts_of(run, "slow"))
