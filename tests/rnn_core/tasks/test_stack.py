"""The batches of several steps as one array are those of the steps, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_core import RunConfig, build_task
from rnn_core.tasks import TASKS, Batch
from rnn_core.tasks.stack import BatchStack, stack, stacked
from tests.rnn_core.made_up import MadeUp


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "config",
    [
        *(RunConfig(task=name, window_length=30, batch_size=2) for name in TASKS),
        RunConfig(),
        RunConfig(frequency=0.317),
        RunConfig(noise_std=0.2),
        RunConfig(window_length=200, points_per_period=10),
    ],
    ids=lambda config: f"{config.task}-{config.window_length}-{config.frequency}",
)
def test_a_stack_is_its_batches(config: RunConfig, dtype: type[np.floating]) -> None:
    task = build_task(config)
    # Across the end of the cycle of the tutorial's wave, 162 windows.
    for first in (0, 158):
        found = stacked(task, first, 6, dtype)
        for n in range(6):
            batch = task.batch(first + n, dtype)
            np.testing.assert_array_equal(found.inputs[n], batch.inputs, strict=True)
            np.testing.assert_array_equal(found.targets[n], batch.targets, strict=True)
            if batch.loss_mask is None:
                assert found.loss_mask is None
            else:
                assert found.loss_mask is not None
                np.testing.assert_array_equal(found.loss_mask[n], batch.loss_mask, strict=True)


def test_writing_to_a_stack_changes_no_later_one() -> None:
    task = build_task(RunConfig())
    stacked(task, 0, 5, np.float32).inputs[:] = 7
    assert np.abs(stacked(task, 0, 5, np.float32).inputs).max() <= 1


def test_a_batch_without_a_mask_among_others_counts_everywhere() -> None:
    masked = MadeUp(some_counted=True).batch(0)
    open_to_all = Batch(masked.time, masked.inputs, masked.targets)
    found = stack([masked, open_to_all]).loss_mask
    assert found is not None
    np.testing.assert_array_equal(found[0], masked.loss_mask)
    assert found[1].all()


def test_a_task_may_give_a_stack_of_its_own() -> None:
    class Own(MadeUp):
        def batches(self, first: int, count: int, dtype: type[np.floating]) -> BatchStack:
            return BatchStack(np.full((count, 1, 1, 1), first, dtype), np.zeros((count, 1, 1, 1)))

    assert stacked(Own(), 3, 2, np.float32).inputs.ravel().tolist() == [3, 3]
