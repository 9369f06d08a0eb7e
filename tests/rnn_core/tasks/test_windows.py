from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnn_core import Batch, RunConfig
from rnn_core.tasks.windows import BLOCK, Blocks, Recurrence, Windows, generator

Numbers = NDArray[np.float64]


def counted(number: int) -> Numbers:
    """A block of two rows whose samples are their own positions, the second row's negative."""
    positions = np.arange(number * BLOCK, (number + 1) * BLOCK, dtype=float)
    return np.stack([positions, -positions])[:, :, None]


@given(st.integers(0, 9 * BLOCK), st.integers(1, 3 * BLOCK))
def test_samples_are_found_by_their_position_across_blocks(start: int, length: int) -> None:
    samples = Blocks(counted).between(start, start + length)
    assert samples.shape == (2, length, 1)
    np.testing.assert_array_equal(samples[0, :, 0], np.arange(start, start + length))
    np.testing.assert_array_equal(samples[1], -samples[0])


def test_a_block_is_made_once_while_it_is_kept_and_few_are_kept() -> None:
    made: list[int] = []

    def make(number: int) -> Numbers:
        made.append(number)
        return counted(number)

    blocks = Blocks(make)
    for start in range(0, 3 * BLOCK, 10):
        blocks.between(start, start + 10)
    assert made == [0, 1, 2, 3]
    later = list(range(10, 15))
    for number in later:  # eight are kept, so block 0 is dropped
        blocks.between(number * BLOCK, (number + 1) * BLOCK)
    blocks.between(3 * BLOCK, 3 * BLOCK + 1)
    assert made == [0, 1, 2, 3, *later]
    blocks.between(0, 1)
    assert made == [0, 1, 2, 3, *later, 0]


class Sums:
    """A recurrence whose block n holds n, and whose state is the sum of the numbers before n."""

    def __init__(self) -> None:
        self.advanced: list[int] = []
        self.recurrence: Recurrence[int] = Recurrence(lambda: 0, self.advance)

    def advance(self, number: int, state: int) -> tuple[Numbers, int]:
        assert state == number * (number - 1) // 2  # the state belongs to the block
        self.advanced.append(number)
        return np.full((1, 1, 1), float(number)), state + number

    def block(self, number: int) -> float:
        """The block; ``advanced`` then lists the blocks that were computed for it."""
        self.advanced.clear()
        return float(self.recurrence.block(number)[0, 0, 0])


def test_going_forward_computes_one_block_at_a_time() -> None:
    sums = Sums()
    for number in range(200):
        assert sums.block(number) == number
        assert sums.advanced == [number]


def test_any_block_is_computed_from_the_nearest_state_before_it() -> None:
    sums = Sums()
    assert sums.block(1000) == 1000
    assert sums.advanced == list(range(1001))
    for number in (999, 17, 500, 0, 1001):
        assert sums.block(number) == number
        # At most 64 states are stored, so 1000 blocks have one every 16.
        assert sums.advanced == list(range(sums.advanced[0], number + 1))
        assert sums.advanced[0] >= number - number % 16
    assert sums.block(1002) == 1002
    assert sums.advanced == [1002]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12))
def test_a_block_is_the_same_in_whatever_order_blocks_are_asked_for(numbers: list[int]) -> None:
    sums = Sums()
    for number in numbers:
        assert sums.block(number) == number


def test_random_numbers_depend_on_the_datas_seed_and_the_numbers_alone() -> None:
    config = RunConfig(data_seed=3)
    drawn = generator(config, 1, 2).random(4)
    np.testing.assert_array_equal(generator(config, 1, 2).random(4), drawn)
    np.testing.assert_array_equal(generator(RunConfig(data_seed=3, seed=9), 1, 2).random(4), drawn)
    assert not np.array_equal(generator(config, 2, 1).random(4), drawn)
    assert not np.array_equal(generator(RunConfig(data_seed=4), 1, 2).random(4), drawn)


@pytest.mark.parametrize("spacing", [1.0, 0.25])
def test_windows_follow_one_another_without_a_gap(spacing: float) -> None:
    class Zeros(Windows):
        def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
            zeros = np.zeros((2, 7, 1), dtype)
            return Batch(self._time(index), zeros, zeros)

    windows = Zeros(RunConfig(window_length=7, batch_size=2), spacing)
    assert windows.span == 7 * spacing
    time = np.concatenate([windows.batch(index).time for index in range(5)], axis=1)
    np.testing.assert_allclose(time, np.tile(np.arange(35) * spacing, (2, 1)))
