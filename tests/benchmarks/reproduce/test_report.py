"""Published figures beside ours: which agree, and how the report says it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from benchmarks.reproduce.report import Expected, Result, Row, opening, section, table
from benchmarks.reproduce.runs import (
    REHEARSAL,
    Plan,
)


def values(*numbers: float) -> NDArray[np.float64]:
    return np.array(numbers)


def row(ours: NDArray[np.float64], expected: Expected | None = None, why: str = "") -> Row:
    return Row("Someone 1997", "LSTM", "0.01", ours, expected, ".2f", why)


@pytest.mark.parametrize(
    ("expected", "ours", "holds"),
    [
        (Expected(high=0.01), values(0.001, 0.01), True),
        (Expected(high=0.01), values(0.001, 0.02), False),
        (Expected(high=0.01, of="median"), values(0.001, 0.002, 0.5), True),
        (Expected(low=0.99), values(0.99, 1.0), True),
        (Expected(low=0.99), values(0.98, 1.0), False),
        (Expected(0.2, 0.3), values(0.2, 0.3), True),
        (Expected(0.2, 0.3), values(0.25, 0.31), False),
        (Expected(0.2, 0.3, "share"), values(0.25), True),
        (Expected(0.2, 0.3, "share"), values(0.31), False),
        (Expected(high=0.01), values(0.001, math.nan), False),
        (Expected(low=0.99), values(1.0, math.inf), False),
        (Expected(high=0.01, of="median"), values(0.001, math.nan, 0.001), False),
    ],
)
def test_ours_agree_within_the_bounds_and_when_finite(
    expected: Expected, ours: NDArray[np.float64], holds: bool
) -> None:
    assert expected.holds(ours) is holds
    assert row(ours, expected).verdict == ("agrees" if holds else "differs")


def test_the_rule_stands_in_words() -> None:
    assert Expected(high=0.01).words(".2f") == "every seed ≤ 0.01"
    assert Expected(low=0.99, of="median").words(".2f") == "median ≥ 0.99"
    assert Expected(0.2, 0.3).words(".1f") == "every seed 0.2 to 0.3"
    assert Expected(0.2, 0.3, "share").words(".1f") == "share 0.2 to 0.3"


def test_a_row_gives_median_and_range_or_one_number_where_all_are_the_same() -> None:
    assert row(values(0.3, 0.1, 0.2)).summary == "0.20 (0.10 to 0.30)"
    assert row(values(0.101, 0.102)).summary == "0.10"
    assert row(values(1.0)).cells(rehearsal=False) == (
        "Someone 1997",
        "LSTM",
        "0.01",
        "1.00",
        "—",
        "—",
    )
    assert row(values(1.0)).cells(rehearsal=True)[-1] == "—"
    assert row(values(1.0), Expected(low=1)).cells(rehearsal=True)[-1] == "not judged"


def test_the_tables_columns_line_up() -> None:
    lines = table([("a", "b", "c", "d", "e", "f"), ("longer than any heading", *"bcdef")])
    assert len({len(line) for line in lines}) == 1
    bars = [[place for place, sign in enumerate(line) if sign == "|"] for line in lines]
    assert bars.count(bars[0]) == len(lines)
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == list("abcdef")


def test_a_section_explains_what_differs_and_nothing_else() -> None:
    result = Result("name", "A title", "What is run.", lambda plan: [])
    rows = [
        row(values(0.0), Expected(high=0.01), "not to be seen"),
        row(values(1.0, 0.5), Expected(high=0.01), "Its weights were others."),
        row(values(1.0), Expected(high=0.01)),
    ]
    text = section(result, rows, 12.3)
    assert text.startswith("## A title\n\nWhat is run.\n\nTook 12 s.\n")
    assert text.endswith(
        "\n- LSTM: 1.00, 0.50. Its weights were others.\n- LSTM: 1.00. No reason is known.\n"
    )
    assert "not to be seen" not in text
    rehearsal = section(result, rows, 12.3, rehearsal=True)
    assert "- LSTM" not in rehearsal
    assert "differs" not in rehearsal


def test_the_opening_counts_what_can_agree() -> None:
    rows = [
        row(values(0.0), Expected(high=1)),
        row(values(2.0), Expected(high=1)),
        row(values(0.0)),
    ]
    flowing = " ".join(opening(rows, Plan(), 90, 60).split())
    assert "took 1.5 minutes, and 1.0 minutes of processor time." in flowing
    assert "1 of 2 published figures agree" in flowing
    assert "seeds are 0 to 4" in flowing
    assert f"torch {torch.__version__}" in flowing
    rehearsal = opening(rows, REHEARSAL, 90, 60, rehearsal=True)
    assert "REHEARSAL" in rehearsal
    assert "agree with ours" not in rehearsal
