from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from rnn_core.messages import translate
from rnn_core.series import BUNDLED, bundled_series, naive

#: Sums of the columns, first and last values and times, from the published files.
KNOWN = {
    "sunspots": ([162_974.6], [58.0], [0.8], "1749-01", "2008-12"),
    "co2": ([293_598.57], [315.71], [427.49], "1958-03", "2025-12"),
    "airline": ([40_363], [112], [432], "1949-01", "1960-12"),
    "tetouan": (
        [139_324.272, 72_317.83],
        [29.198, 6.2],
        [38.848, 23.94],
        "2017-01-01T00",
        "2017-07-01T23",
    ),
}


@pytest.mark.parametrize("name", BUNDLED)
def test_the_numbers_are_those_that_were_published(name: str) -> None:
    series = bundled_series(name)
    sums, first, last, begins, ends = KNOWN[name]
    np.testing.assert_allclose(series.values.sum(axis=0), sums, rtol=1e-12)
    assert series.values[0].tolist() == first
    assert series.values[-1].tolist() == last
    assert [str(series.times[place]) for place in (0, -1)] == [begins, ends]


@pytest.mark.parametrize("name", BUNDLED)
def test_what_is_said_of_a_data_set_is_true_of_its_file(name: str) -> None:
    entry, series = BUNDLED[name], bundled_series(name)
    assert (entry.columns, entry.rows) == (series.columns, len(series))
    assert set(np.diff(series.times).astype(int)) == {1}  # in the unit of its times, no gap
    for part in (entry.source, entry.url, translate(entry.licence, str)):
        assert part in series.source
    if entry.period:
        assert naive.find_period(series.column(entry.columns[0])) == entry.period


def test_the_electric_power_has_a_weekly_period_too() -> None:
    power = bundled_series("tetouan").column("power (MW)")
    days = power.reshape(-1, 24).mean(axis=1).reshape(-1, 7).mean(axis=0)
    assert days.argmin() == 0  # Sundays
    assert days.max() / days.min() > 1.05


def test_each_file_is_small() -> None:
    folder = files("rnn_core.series.bundled")
    for name in BUNDLED:
        assert len((folder / f"{name}.csv").read_bytes()) < 200_000


def test_an_unknown_name_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"Unknown bundled series 'co'.*airline, co2"):
        bundled_series("co")
