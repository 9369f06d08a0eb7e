from __future__ import annotations

import numpy as np
import pytest

from rnn_core.series import Series


def _series(**changes: object) -> Series:
    made: dict[str, object] = {
        "values": np.arange(20.0).reshape(10, 2),
        "columns": ("a", "b"),
        "name": "numbers",
    }
    return Series(**{**made, **changes})  # type: ignore[arg-type]


def test_columns_are_found_by_name_and_cannot_be_written_to() -> None:
    column = _series().column("b")
    assert column.tolist() == list(np.arange(1.0, 20.0, 2))
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1


def test_the_callers_array_stays_its_own() -> None:
    values = np.arange(20.0).reshape(10, 2)
    series = _series(values=values)
    values[0, 0] = 99
    assert series.values[0, 0] == 0


def test_the_digest_depends_on_values_and_columns_alone() -> None:
    first = _series().digest
    assert _series(name="other", source="elsewhere", times=np.arange(10)).digest == first
    assert _series(columns=("a", "c")).digest != first
    assert _series(values=np.arange(20.0).reshape(10, 2) + 1e-9).digest != first


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": [["x", "y"]] * 10}, "values of a series must be numbers"),
        ({"values": np.arange(10.0)}, r"must have shape \(rows, 2\).*got \(10,\)"),
        ({"values": np.ones((10, 3))}, r"must have shape \(rows, 2\).*got \(10, 3\)"),
        ({"values": np.ones((7, 2))}, "at least 8 rows, got 7"),
        ({"columns": ("a", "a")}, "different names, got 'a' twice"),
        ({"times": np.arange(9)}, r"times of a series must have shape \(10,\), got \(9,\)"),
        ({"times": np.array([0, 1, 2, 2, 4, 5, 6, 7, 8, 9])}, "must rise, got 2 after 2 in row 4"),
    ],
)
def test_what_is_no_series_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        _series(**changes)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_by_row_and_column(value: float) -> None:
    values = np.ones((10, 2))
    values[3, 1] = value
    with pytest.raises(ValueError, match="in row 4 of column 'b'"):
        _series(values=values)


def test_an_unknown_column_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"Unknown column 'd'\. Choose from: a, b"):
        _series().column("d")


def test_dates_are_times() -> None:
    days = np.arange("2026-01-01", "2026-01-11", dtype="datetime64[D]")
    assert _series(times=days).times[-1] == np.datetime64("2026-01-10")
    with pytest.raises(ValueError, match="must rise"):
        _series(times=days[::-1])
