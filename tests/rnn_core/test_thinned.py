from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.thinned import Thinned

limits = st.integers(2, 12)
strides = st.integers(1, 5)
lengths = st.integers(1, 300)


@given(limits, strides, lengths)
def test_without_merging_every_nth_item_is_kept(limit: int, stride: int, length: int) -> None:
    kept: Thinned[str] = Thinned(limit, stride)
    for index in range(length):
        kept.add(index, str(index))
    assert kept.indices == tuple(range(0, length, kept.stride))
    assert kept.items == tuple(map(str, kept.indices))
    assert len(kept) <= limit


@given(limits, strides, lengths)
def test_the_stride_is_the_smallest_that_the_limit_allows(
    limit: int, stride: int, length: int
) -> None:
    kept: Thinned[int] = Thinned(limit, stride)
    for index in range(length):
        kept.add(index, index)
    highest = (length - 1) // stride * stride  # of those that were wanted
    needed = stride
    while highest // needed >= limit:
        needed *= 2
    assert kept.stride == needed


@given(limits, strides, lengths)
def test_merging_combines_all_items_of_an_interval_in_their_order(
    limit: int, stride: int, length: int
) -> None:
    kept: Thinned[tuple[int, ...]] = Thinned(limit, stride, merge=lambda one, two: one + two)
    for index in range(length):
        kept.add(index, (index,))
    assert kept.items == tuple(
        tuple(range(start, min(start + kept.stride, length)))
        for start in range(0, length, kept.stride)
    )
    assert kept.indices == tuple(item[-1] for item in kept.items)
    assert len(kept) <= limit


@given(limits, st.sets(st.integers(0, 500), min_size=1))
def test_what_merging_keeps_of_a_sequence_with_gaps_lies_in_its_own_interval(
    limit: int, indices: set[int]
) -> None:
    kept: Thinned[tuple[int, ...]] = Thinned(limit, merge=lambda one, two: one + two)
    for index in sorted(indices):
        kept.add(index, (index,))
    assert sum(kept.items, ()) == tuple(sorted(indices))
    intervals = [{index // kept.stride for index in item} for item in kept.items]
    assert all(len(interval) == 1 for interval in intervals)
    assert len(set().union(*intervals)) == len(kept) <= limit


@given(st.integers(1, 6).map(lambda half: 2 * half), strides, lengths)
def test_what_is_kept_is_known_beforehand(limit: int, stride: int, length: int) -> None:
    asked: Thinned[int] = Thinned(limit, stride)
    given_all: Thinned[int] = Thinned(limit, stride)
    for index in range(length):
        wanted = asked.wants(index)
        given_all.add(index, index)
        assert wanted == (given_all.indices[-1] == index)
        if wanted:
            asked.add(index, index)
    assert (asked.indices, asked.stride) == (given_all.indices, given_all.stride)
    assert Thinned(2, 3, merge=max).wants(1)


@given(limits, lengths, st.integers(0, 400))
def test_the_item_before_an_index_is_the_last_one_not_after_it(
    limit: int, length: int, index: int
) -> None:
    kept: Thinned[int] = Thinned(limit)
    for each in range(length):
        kept.add(each, -each)
    expected = max(each for each in kept.indices if each <= index)
    assert kept.before(index) == (expected, -expected)


def test_before_the_first_item_there_is_none() -> None:
    kept: Thinned[str] = Thinned(4, merge=lambda one, two: two)
    kept.add(3, "three")
    with pytest.raises(LookupError, match=re.escape("no item at or before index 2.")):
        kept.before(2)
    assert kept.before(3) == (3, "three")


def test_what_is_cut_off_can_be_added_again_at_the_same_stride() -> None:
    kept: Thinned[int] = Thinned(4)
    for index in range(8):
        kept.add(index, index)
    kept.cut(3)
    assert (kept.indices, kept.stride) == ((0, 2), 2)
    kept.add(4, 40)
    assert kept.items == (0, 2, 40)
    kept.cut(-1)
    assert (len(kept), kept.indices, kept.items) == (0, (), ())


def test_items_must_come_in_ascending_order() -> None:
    kept: Thinned[int] = Thinned(4)
    with pytest.raises(ValueError, match=r"^index must be at least 0, got -1\. Add items in asc"):
        kept.add(-1, 0)
    kept.add(0, 0)
    kept.add(2, 0)
    for index in (0, 1, 2):
        with pytest.raises(ValueError, match=f"index must be at least 3, got {index}"):
            kept.add(index, 0)
    assert kept.indices == (0, 2)


def test_limits_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^limit must be at least 2, got 1\. Try 100\.$"):
        Thinned(1)
    with pytest.raises(ValueError, match=r"^stride must be at least 1, got 0\. Try 1\.$"):
        Thinned(2, 0)
