from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from dashboard.train.live_run import LiveRun
from dashboard.train.views.base import SlowLook, UnrolledLook
from dashboard.train.views.unrolled.chart import unrolled
from dashboard.train.views.unrolled.layers import CLICKED, Clicked, last_click, places_of
from dashboard.train.views.unrolled.layout import MOST_STEPS, first_step
from dashboard.train.views.unrolled.text import formulas
from dashboard.train.views.update.chart import slow_motion
from dashboard.train.views.update.phases import Place
from rnn_core import RunConfig
from tests.dashboard.sent_charts import rows


def window(config: RunConfig) -> UnrolledLook:
    run = LiveRun(config, clock=lambda: 0.0, engine="torch")
    run.step_once()
    run.step_once()
    look = run.look("unrolled")
    assert look is not None
    assert isinstance(look.found, UnrolledLook)
    return look.found


def rows_of(found: UnrolledLook, name: str, chosen: int = 1) -> list[dict[str, Any]]:
    return rows(unrolled(found, chosen))[name]


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


@pytest.mark.parametrize("config", [RunConfig(hidden_size=3), RunConfig(task="anbn")])
def test_all_of_a_column_belongs_to_its_time_step(config: RunConfig) -> None:
    found = window(config)
    length = len(found.unrolled.inputs)
    places = rows_of(found, "places")
    cells = rows_of(found, "cells")
    (_low, high) = unrolled(found, 1).spec["layer"][1]["encoding"]["y"]["scale"]["domain"]
    for step in range(first_step(length), length + 1):
        column = [place for place in places if place["step"] == step]
        cell = [place for place in cells if place["step"] == step]
        area = sum((one["right"] - one["left"]) * (one["high"] - one["low"]) for one in column)
        inside = 0.6 * 3.0  # that of the cell
        assert area + inside == pytest.approx(high - _low)
        assert {place["unit"] for place in column} == {0}
        for place in column + cell:
            assert step - 0.5 <= place["left"] < place["right"] <= step + 0.5


def test_a_click_changes_the_selection_by_its_place() -> None:
    one = places_of([{"step": 3, "unit": 2}])
    both = places_of([{"step": 3, "unit": 2}, {"step": 5, "unit": 0}])
    assert last_click(frozenset(), one) == Clicked(3, 2)
    assert last_click(one, both) == Clicked(5, 0)
    assert last_click(both, one) == Clicked(5, 0)  # on the same place again
    # After the chart was built anew its selection holds the new click alone.
    assert last_click(both, places_of([{"step": 1, "unit": 1}])) == Clicked(1, 1)
    assert last_click(one, one) is None  # delivered twice
    assert last_click(both, frozenset()) is None  # a double click
    assert places_of([{"step": None, "unit": None}, {}]) == frozenset()


def test_the_charts_of_the_chain_have_one_selection_that_toggles() -> None:
    run = LiveRun(RunConfig(hidden_size=3), clock=lambda: 0.0, engine="torch")
    run.step_once()
    look = run.look("slow")
    assert look is not None
    assert isinstance(look.found, SlowLook)
    for spec in (
        unrolled(look.found.window, 1).spec,
        slow_motion(look.found, Place("forward", 1)).spec,
    ):
        (param,) = spec["params"]
        assert param["name"] == CLICKED
        assert param["select"] == {"type": "point", "fields": ["step", "unit"], "toggle": "true"}


def results(text: str) -> list[float]:
    """What stands behind the last sign of equality on every line of numbers."""
    return [float(number) for number in re.findall(r"= (-?\d+\.\d\d)(?= \\\\|\\end)", text)]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_formulas_hold_the_numbers_of_the_cell(cell: str, layers: int) -> None:
    found = window(RunConfig(cell=cell, hidden_size=3, num_layers=layers))
    values = {part: found.unrolled.parts[part][-1, 1:] for part in found.unrolled.parts}
    for step, unit in ((1, 1), (6, 3)):
        place = step - 1, unit - 1
        gates = [gate[unit - 1] for gate in found.unrolled.gates[-1, step - 1]]
        # A cell state is computed before h.
        expected = [*gates, *(part[place] for part in reversed(values.values()))]
        found_numbers = results(formulas(found.unrolled, step, unit))
        assert found_numbers == pytest.approx(expected, abs=0.0051)


def test_what_input_and_state_bring_adds_up() -> None:
    found = window(RunConfig(hidden_size=3))
    text = formulas(found.unrolled, 5, 2)
    brought = re.search(r"\\tanh\((-?\d+\.\d\d) ([+-]\d+\.\d\d)\) = (-?\d+\.\d\d)", text)
    assert brought
    from_input, from_state, h = (float(part) for part in brought.groups())
    assert np.tanh(from_input + from_state) == pytest.approx(h, abs=0.02)
    assert h == pytest.approx(found.unrolled.h[0, 5, 1], abs=0.0051)
