from __future__ import annotations

import numpy as np
import pytest

from dashboard.charts.arrow import read
from dashboard.charts.states import shown_cells, state_tables
from dashboard.charts.window_layout import WindowLayout, window_layout
from rnn_core import RunConfig, build_task


def layout_of(config: RunConfig) -> WindowLayout:
    return window_layout(build_task(config), config)


def test_a_small_network_is_shown_whole() -> None:
    points, units = shown_cells(layout_of(RunConfig()), 32)
    assert points.tolist() == list(range(10))
    assert units.tolist() == list(range(32))


@pytest.mark.parametrize(("length", "size"), [(200, 256), (200, 1), (2, 256)])
def test_of_a_large_one_every_nth_step_and_the_first_units_are(length: int, size: int) -> None:
    layout = layout_of(RunConfig(window_length=length))
    points, units = shown_cells(layout, size)
    assert len(set(np.diff(points))) <= 1
    assert units.tolist() == list(range(len(units)))
    assert layout.windows * len(points) * len(units) <= 1_600


def test_cells_share_the_span_of_their_window_evenly() -> None:
    layout = layout_of(RunConfig())
    hidden = [np.zeros((10, 2), np.float32) for _step in range(2)]
    cells = read(state_tables(layout, hidden, [4, 5], moving=True)["states"])
    first = cells.slice(0, 20)  # window 4 comes first again: four windows are in view
    widths = np.array(first["right"]) - np.array(first["left"])
    np.testing.assert_allclose(widths, layout.span / 10, rtol=1e-5)
    assert np.array(first["left"])[0] == 0
    assert np.array(first["right"])[-1] == pytest.approx(layout.span)


def test_every_window_stays_in_its_place() -> None:
    layout = layout_of(RunConfig())
    hidden = [np.full((10, 1), step, np.float32) for step in (5, 6, 7, 8)]
    cells = read(state_tables(layout, hidden, [5, 6, 7, 8], moving=True)["states"])
    # Windows 8, 5, 6, 7: the newest has replaced window 4.
    assert np.array(cells["h"])[::10].tolist() == [8, 5, 6, 7]


def test_hovering_costs_nothing_while_moving() -> None:
    layout = layout_of(RunConfig())
    hidden = [np.zeros((10, 2), np.float32)]
    moving = state_tables(layout, hidden, [0], moving=True)
    still = state_tables(layout, hidden, [0], moving=False)
    assert read(moving["states_hover"]).num_rows == 0
    assert read(still["states_hover"]).num_rows == 20
