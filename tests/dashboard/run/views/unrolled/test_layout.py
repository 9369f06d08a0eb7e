from __future__ import annotations

import numpy as np
import pytest

from dashboard.run.views.unrolled import layout


@pytest.mark.parametrize(("length", "first"), [(1, 1), (20, 1), (21, 2), (200, 181)])
def test_the_last_time_steps_of_a_window_are_drawn(length: int, first: int) -> None:
    assert layout.first_step(length) == first
    shown = layout.shown_steps(length)
    assert (shown[0], shown[-1]) == (first, length)
    assert len(shown) <= layout.MOST_STEPS


def test_stripes_fill_the_cells_of_every_layer_from_the_bottom_up() -> None:
    values = np.arange(2 * 3 * 4.0).reshape(2, 3, 4)
    left, right, low, high, value, step, unit = layout.stripes(values, np.array([5, 6, 7]))
    np.testing.assert_array_equal(value, values.ravel())
    np.testing.assert_array_equal(step, np.tile(np.repeat([5, 6, 7], 4), 2))
    np.testing.assert_array_equal(unit, [0] * 12 + [1, 2, 3, 4] * 3)
    np.testing.assert_allclose(right - left, 2 * layout.HALF)
    assert (low[:12] >= layout.CELLS_FROM).all()
    assert high[:12].max() <= layout.MIDDLE <= low[12:].min()
    assert high.max() <= layout.CELLS_TO


def test_columns_cover_all_around_the_cells() -> None:
    left, right, low, high, step, unit = layout.columns(np.array([1, 2]), -1.0, 6.0)
    assert len(left) == 4 * 2
    assert set(unit) == {0}
    area = (right - left) * (high - low)
    for number in (1, 2):
        cell = 2 * layout.HALF * (layout.CELLS_TO - layout.CELLS_FROM)
        assert area[step == number].sum() + cell == pytest.approx(7.0)


def test_arrows_lead_in_along_and_out() -> None:
    x, y, x2, y2 = layout.arrows(np.array([1, 2, 3]))
    assert len(x) == 9
    np.testing.assert_allclose(x2[3:6] - x[3:6], 1 - 2 * layout.HALF)
    assert (y2[:3] > y[:3]).all()
    np.testing.assert_array_equal(y[3:6], y2[3:6])


def test_parts_are_joined_column_by_column() -> None:
    assert layout.together([([1], ["a"]), ([2, 3], ["b", "c"])]) == [[1, 2, 3], ["a", "b", "c"]]
