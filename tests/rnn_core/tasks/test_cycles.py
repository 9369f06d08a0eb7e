from __future__ import annotations

import numpy as np
import pytest

from rnn_core.tasks.cycles import table_floors


def test_a_cycle_of_equal_windows_has_no_window_memory_to_gain() -> None:
    inputs, targets = np.zeros((4, 3)), np.tile([1.0, 2.0, 3.0], (4, 1))
    assert table_floors(inputs, targets) == pytest.approx((2 / 3, 0.0), abs=1e-15)


def test_an_input_seen_earlier_in_the_window_tells_what_the_present_one_does_not() -> None:
    inputs = np.array([[0.0, 5.0], [1.0, 5.0]])
    targets = np.array([[0.0, -1.0], [0.0, 1.0]])
    # The second target is known from the first input alone; the second input says nothing.
    assert table_floors(inputs, targets) == pytest.approx((0.5, 0.0), abs=1e-15)
