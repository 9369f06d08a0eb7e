"""How the looks of charts are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.charts.base import Chart
from tests.dashboard import looks
from tests.dashboard.looks import differences, expect_looks, rounded

LINE = Chart({"mark": {"type": "line", "size": 2}, "domain": [0.5, 1.2345678]}, {}, "A line.")


def test_charts_are_written_once_and_then_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_FOLDER", tmp_path / "looks")
    monkeypatch.setenv("LOOKS", "new")
    expect_looks("line", [LINE])
    monkeypatch.delenv("LOOKS")
    expect_looks("line", [LINE])
    nearly = Chart({**LINE.spec, "domain": (0.5, 1.23456781)}, {"any": b"data"}, LINE.alt)
    expect_looks("line", [nearly])
    wider = Chart({**LINE.spec, "mark": {"type": "line", "size": 3}}, {}, LINE.alt)
    with pytest.raises(AssertionError, match=r"Look at line.*\[0\]\.spec\.mark\.size: 2 is 3"):
        expect_looks("line", [wider])
    with pytest.raises(AssertionError, match="Look at line"):
        expect_looks("line", [LINE, LINE])


def test_what_differs_is_named_with_its_place() -> None:
    one = {"a": [1, {"b": True}], "c": None, "d": "x"}
    other = {"a": [1, {"b": False}], "d": "x", "e": 2}
    found = list(differences(one, other))
    assert found == [".a[1].b: True is False", ".e: None is 2"]
    assert list(differences([1], [1, 2])) == [": [1] is [1, 2]"]


def test_numbers_are_rounded_to_six_digits() -> None:
    assert rounded({1: (1 / 3, 2_000_000, "a", True)}) == {"1": [0.333333, 2_000_000, "a", True]}
