from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts.labels import apart, wrapped


def test_labels_with_room_stay_where_they_want_to_be() -> None:
    np.testing.assert_allclose(apart([5.0, 1.0, 9.0], [2, 2, 2], 0, 10), [5, 1, 9])
    assert apart([], [], 0, 10).tolist() == []


def test_labels_that_would_overlap_move_apart_by_the_same_amount() -> None:
    np.testing.assert_allclose(apart([5.0, 5.5], [2, 2], 0, 10), [4.25, 6.25])
    # Three wish for one place: in the order in which they are given.
    np.testing.assert_allclose(apart([5.0, 5.0, 5.0], [2, 2, 2], 0, 10), [3, 5, 7])
    np.testing.assert_allclose(apart([5.0, 5.0], [4, 2], 0, 10), [3.5, 6.5])


def test_labels_stay_within_the_room() -> None:
    np.testing.assert_allclose(apart([0.0, 0.0, 20.0], [2, 2, 2], 0, 10), [1, 3, 9])
    np.testing.assert_allclose(apart([12.0, 11.0], [2, 2], 0, 10), [9, 7])


@given(
    st.lists(
        st.tuples(st.floats(-5, 15), st.floats(0.1, 2)),
        min_size=1,
        max_size=5,
    )
)
def test_no_two_labels_ever_overlap(labels: list[tuple[float, float]]) -> None:
    at, sizes = (np.array(column) for column in zip(*labels, strict=True))
    placed = apart(at, sizes, 0, 10)
    order = np.argsort(placed)
    gaps = np.diff(placed[order]) - (sizes[order][1:] + sizes[order][:-1]) / 2
    assert (gaps > -1e-9).all()
    assert (placed - sizes / 2 > -1e-9).all()
    assert (placed + sizes / 2 < 10 + 1e-9).all()


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("no memory 0.55", 16, ["no memory 0.55"]),
        ("constant or no memory 0.55", 16, ["constant or no", "memory 0.55"]),
        ("no memory ≥\u00a00.05", 12, ["no memory", "≥\u00a00.05"]),
        ("persistence 0.1", 4, ["persistence", "0.1"]),
        ("窗口内的记忆 0.1", 8, ["窗口内的", "记忆 0.1"]),
        ("", 8, [""]),
    ],
)
def test_a_label_is_broken_between_words_or_after_a_chinese_character(
    text: str, width: int, lines: list[str]
) -> None:
    assert wrapped(text, width).split("\n") == lines
