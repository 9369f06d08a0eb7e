"""Counting: how far a network counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks.reproduce import counting
from rnn_core import RunConfig, build_task


class CountsUpTo(nn.Module):
    """Predicts a^n b^n by counting, for as many a as it can count."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def forward(self, inputs: Tensor) -> tuple[Tensor, None]:
        read = inputs.cumsum(dim=1)
        a, b = read[:, :, 1].clamp(max=self._most), read[:, :, 2]
        ends, falls = (b > 0) & (b >= a), inputs[:, :, 2] > 0
        rises = ~falls
        return torch.stack([rises, falls & ~ends, ends & falls], dim=2).float(), None


@pytest.mark.parametrize("most", [0, 1, 7, 30])
def test_a_network_reaches_as_far_as_it_counts(most: int) -> None:
    config = RunConfig(task="anbn", window_length=21)
    batch = counting.every_string(config, 30)
    # With nothing counted, the end is expected after the first b: that is right once.
    assert counting.reach(CountsUpTo(most), config, batch) == max(1, most)  # type: ignore[arg-type]


def test_strings_to_be_counted_are_those_of_the_task() -> None:
    config = RunConfig(task="anbn", window_length=21, batch_size=32)
    every, own = counting.every_string(config, 10), build_task(config).batch(0, np.float32)
    n = own.inputs[:, :, 1].sum(axis=1).astype(int)
    for name in ("inputs", "targets", "loss_mask"):
        np.testing.assert_array_equal(getattr(every, name)[n - 1], getattr(own, name))
