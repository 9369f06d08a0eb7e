from __future__ import annotations

import numpy as np
import pytest

from rnn_core.series.interval import Interval, in_words


def dates(unit: str, step: int = 1, rows: int = 30) -> np.ndarray:
    return np.datetime64("2020-01-01", unit) + step * np.arange(rows)


@pytest.mark.parametrize(
    ("unit", "step", "words"),
    [
        ("M", 1, "1 month"),
        ("M", 3, "3 months"),
        ("Y", 1, "1 year"),
        ("Y", 5, "5 years"),
        ("D", 7, "1 week"),
        ("D", 28, "4 weeks"),
        ("h", 1, "1 hour"),
        ("m", 15, "15 minutes"),
    ],
)
def test_the_interval_is_the_usual_step_in_words(unit: str, step: int, words: str) -> None:
    found = Interval.of(dates(unit, step))
    assert found is not None
    assert (found.kind, str(found)) == ("date", words)


@pytest.mark.parametrize(
    ("micro", "words"),
    [
        (0.25, "0.25 microseconds"),
        (1_500_000.0, "1500 milliseconds"),
        (9_999.25, "9999.25 microseconds"),  # of a larger unit it would be fewer than ten
        (10_000.0, "10 milliseconds"),
        (10_000.25, "10.0 milliseconds"),
        (45_678.25, "45.68 milliseconds"),
    ],
)
def test_what_is_whole_in_no_unit_is_rounded_where_there_are_ten_of_one(
    micro: float, words: str
) -> None:
    assert str(in_words(micro)) == words


def test_months_of_any_length_are_the_same_and_a_gap_changes_nothing() -> None:
    months = dates("M", rows=40)
    short = Interval.of(months[1:9])
    assert short is not None
    assert short.same(Interval.of(np.delete(months, [11, 12, 13])))  # type: ignore[arg-type]
    assert not short.same(Interval.of(dates("D", 28)))  # type: ignore[arg-type]


def test_numbers_are_no_dates() -> None:
    found, daily = Interval.of(np.arange(9.0) / 4), Interval.of(dates("D"))
    assert found == Interval("number", 0.25)
    assert str(found) == "0.25"
    assert daily is not None
    assert not daily.same(Interval("number", daily.size))


def test_without_times_there_is_none() -> None:
    assert Interval.of(None) is None
    assert Interval.of(np.arange(1.0)) is None
