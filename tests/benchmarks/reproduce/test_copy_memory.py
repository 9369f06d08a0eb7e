"""Copy memory: the longest gap."""

from __future__ import annotations

import numpy as np

from benchmarks.reproduce import copy_memory


def test_the_longest_gap_is_the_last_over_which_something_is_recalled() -> None:
    recalled = np.array([[0.9, 0.13], [0.2, 0.13], [0.25, 0.13]])
    assert copy_memory.longest(recalled).tolist() == [80.0, 0.0]
    assert copy_memory.longest(recalled[[0, 2, 1]]).tolist() == [40.0, 0.0]
