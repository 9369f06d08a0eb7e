"""How the looks of charts are compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.charts.arrow import Table
from dashboard.charts.base import Chart
from tests.dashboard import looks
from tests.dashboard.looks import differences, expect_looks, rounded, summary

ROWS = Table(step=int, loss=float, name=str)
DATA = {"losses": ROWS.rows([1, 2, 4], [0.5, 0.25, 0.75], ["b", "a", "b"])}
SPEC = {"mark": {"type": "line", "size": 2}, "domain": [0.5, 1.2345678]}
LINE = Chart(SPEC, DATA, "A line.")


def test_charts_are_written_once_and_then_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_FOLDER", tmp_path / "looks")
    monkeypatch.setenv("LOOKS", "new")
    expect_looks("line", [LINE])
    monkeypatch.delenv("LOOKS")
    expect_looks("line", [LINE])
    expect_looks("line", [replace(LINE, spec={**SPEC, "domain": (0.5, 1.23456781)})])
    wider = replace(LINE, spec={**SPEC, "mark": {"type": "line", "size": 3}})
    with pytest.raises(AssertionError, match=r"Look at line.*\[0\]\.spec\.mark\.size: 2 is 3"):
        expect_looks("line", [wider])
    with pytest.raises(AssertionError, match="Look at line"):
        expect_looks("line", [LINE, LINE])
    moved = {"losses": ROWS.rows([1, 2, 4], [0.5, 0.25, 0.76], ["b", "a", "b"])}
    with pytest.raises(AssertionError, match=r"data\.losses\.loss\[2\]: 0\.5 is 0\.503333"):
        expect_looks("line", [replace(LINE, tables=moved)])


def test_data_are_described_by_count_least_mean_and_greatest_or_by_their_texts() -> None:
    assert summary(LINE) == {
        "losses": {
            "step": [3, 1, 2.33333, 4],
            "loss": [3, 0.25, 0.5, 0.75],
            "name": [3, "a", "b"],
        }
    }
    none = Chart(SPEC, {"losses": ROWS.rows([], [], [])}, "")
    assert summary(none) == {"losses": {"step": [0], "loss": [0], "name": [0]}}


def test_what_differs_is_named_with_its_place() -> None:
    one = {"a": [1, {"b": True}], "c": None, "d": "x"}
    other = {"a": [1, {"b": False}], "d": "x", "e": 2}
    found = list(differences(one, other))
    assert found == [".a[1].b: True is False", ".e: None is 2"]
    assert list(differences([1.0, 1e-9], [1.00009, 0.0])) == []
    assert list(differences(1.0, 1.0002)) == [": 1.0 is 1.0002"]
    assert list(differences([1], [1, 2])) == [": [1] is [1, 2]"]


def test_numbers_are_rounded_to_six_digits() -> None:
    assert rounded({1: (1 / 3, 2_000_000, "a", True)}) == {"1": [0.333333, 2_000_000, "a", True]}
