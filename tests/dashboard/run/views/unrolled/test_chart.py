from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard.run.views.unrolled.chart import unrolled
from dashboard.run.views.unrolled.layout import MOST_STEPS, first_step
from dashboard.run.views.unrolled.result import UnrolledResult
from rnn_core import TASKS, RunConfig
from tests.dashboard.looks import expect_looks
from tests.dashboard.runs import charts_of, inspect, run_after
from tests.dashboard.sent_charts import rows


def window(config: RunConfig) -> UnrolledResult:
    result = inspect(run_after(2, config), "unrolled").result
    assert isinstance(result, UnrolledResult)
    return result


def rows_of(result: UnrolledResult, name: str, chosen: int = 1) -> list[dict[str, Any]]:
    return rows(unrolled(result, chosen))[name]


def test_the_chain_has_every_cell_input_prediction_and_target() -> None:
    found = window(RunConfig(hidden_size=3))
    cells = rows_of(found, "cells")
    assert len(cells) == 10 * 3
    np.testing.assert_allclose(
        [cell["value"] for cell in cells], found.unrolled.h[0, 1:].ravel(), rtol=1e-6
    )
    dots = rows_of(found, "dots")
    values = [dot["value"] for dot in dots]
    np.testing.assert_allclose(values[:10], found.unrolled.inputs[:, 0])
    np.testing.assert_allclose(values[10:20], found.unrolled.prediction[:, 0])
    np.testing.assert_allclose(values[20:], found.targets[:, 0])
    assert dots[1]["shown"] == f"{found.unrolled.inputs[1, 0]:.2f}"
    # A state comes in from the left, and goes from each cell to the next.
    assert len(rows_of(found, "arrows")) == 3 * 10
    assert rows_of(found, "chosen", 4) == [{"left": 3.55, "right": 4.45}]


def test_layers_stand_one_above_the_other() -> None:
    found = window(RunConfig(hidden_size=3, num_layers=2, cell="gru"))
    cells = rows_of(found, "cells")
    lower, upper = cells[:30], cells[30:]
    assert max(cell["high"] for cell in lower) < min(cell["low"] for cell in upper)
    np.testing.assert_allclose([c["value"] for c in upper], found.unrolled.h[1, 1:].ravel())


def test_of_a_long_window_the_end_is_shown_as_answers_stand_there() -> None:
    order = RunConfig(task="temporal_order", window_length=50, batch_size=2, hidden_size=3)
    found = window(order)
    assert first_step(50) == 31
    dots = rows_of(found, "dots")
    assert len(dots) == MOST_STEPS + 2  # one answer, one target
    symbols = found.unrolled.inputs[30:].argmax(axis=1)
    assert [dot["shown"] for dot in dots[:20]] == [str(symbol) for symbol in symbols]
    assert {dot["x"] for dot in dots[20:]} == {50}
    assert dots[-1]["shown"] == str(found.targets[-1].argmax())


def test_several_numbers_stand_one_above_the_other() -> None:
    found = window(RunConfig(task="flip_flop", window_length=5, batch_size=1, hidden_size=3))
    dots = rows_of(found, "dots")
    assert len(dots) == 3 * 5 * 3
    heights = [sorted({dot["y"] for dot in part}) for part in (dots[:15], dots[15:30], dots[30:])]
    assert [len(part) for part in heights] == [3, 3, 3]
    assert max(heights[0]) < min(heights[1])
    assert max(heights[1]) < min(heights[2])


def test_one_cell_of_the_chosen_time_step_is_marked() -> None:
    found = window(RunConfig(hidden_size=3, num_layers=2))
    sent = rows(unrolled(found, 4, 2))
    (marked,) = sent["unit"]
    (cell,) = [cell for cell in sent["cells"] if (cell["step"], cell["unit"]) == (4, 2)]
    assert marked == {edge: cell[edge] for edge in ("left", "right", "low", "high")}
    assert cell["value"] == pytest.approx(found.unrolled.h[1, 4, 1])
    # Formulas are of the top layer; below it there is nothing to open.
    assert [cell["unit"] for cell in sent["cells"]] == [0] * 30 + [1, 2, 3] * 10
    assert rows(unrolled(found, 4, 17))["unit"] == []


@pytest.mark.parametrize("task", ["sin_to_cos", "copy"])
def test_it_looks_as_it_did_when_somebody_looked(task: str) -> None:
    run = run_after(1, TASKS[task].config(hidden_size=3, num_layers=2))
    expect_looks(f"view-unrolled-{task}", charts_of(run, "unrolled"))
