"""Which series a session forecasts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard.app.link import read_link, write_link
from dashboard.app.own_series import DATASET, FILE, SETTINGS, File, OwnSeries, reads_series
from dashboard.app.settings import table_of
from rnn_core import TASKS
from rnn_core.series import Series

CONFIG = TASKS["series"].config(window_length=12)
MINE = Series(
    np.random.default_rng(0).normal(size=(300, 2)).cumsum(axis=0), ("sales, net", "price"), "m.csv"
)
WANTED = File("m.csv", MINE.digest)


def test_without_a_choice_it_is_what_the_config_alone_gives() -> None:
    own = OwnSeries({})
    task = TASKS["series"].build(CONFIG)
    assert own.task(CONFIG).identity == task.identity
    np.testing.assert_array_equal(own.task(CONFIG).batch(3).inputs, task.batch(3).inputs)
    assert reads_series(CONFIG)
    assert not reads_series(TASKS["sin_to_cos"].config())


def test_a_bundled_series_is_chosen_by_name_and_its_columns_by_theirs() -> None:
    own = OwnSeries({"series": "tetouan", "inputs": ("power (MW)", "temperature (°C)")})
    assert own.series.name == "tetouan"
    assert own.plan.inputs == ("power (MW)", "temperature (°C)")
    assert own.plan.targets == ("power (MW)",)
    assert own.task(CONFIG).input_size == 2


def test_columns_that_the_series_does_not_have_are_passed_over() -> None:
    assert OwnSeries({"inputs": ("price",), "targets": ("price",)}).plan.inputs == ("sunspots",)


def test_the_file_that_a_link_names_replaces_the_example_once_it_is_here() -> None:
    assert OwnSeries({"file": WANTED}).missing == WANTED
    assert OwnSeries({"file": WANTED}).series.name == "sunspots"
    assert OwnSeries({"file": File("m.csv", "0" * 16)}, MINE).missing
    found = OwnSeries({"file": WANTED, "targets": ("price",)}, MINE)
    assert found.series is MINE
    assert found.missing is None
    assert found.plan.targets == ("price",)
    assert OwnSeries({}, MINE).series.name == "sunspots"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"series": "co2", "validation": 0.2, "test": 0.3, "standardise": False},
        {"file": WANTED, "inputs": ("sales, net", "a%2C:&=é"), "targets": ("price",)},
        {"file": File("a:b.csv", "0123456789abcdef")},
    ],
)
def test_a_link_gives_back_what_was_chosen(values: dict[str, Any]) -> None:
    table = table_of(SETTINGS)
    parameters = write_link(values, table)
    link = read_link(parameters, table)
    assert link.refusals == ()
    assert link.values == values
    assert {FILE.name, DATASET.name} >= set(parameters) or len(parameters) > 1


def test_a_task_is_kept_with_its_floors_until_there_are_too_many() -> None:
    own, kept = OwnSeries({"series": "co2"}), {}
    first = own.task(CONFIG, kept)
    assert own.task(CONFIG, kept) is first
    for delay in (2, 3, 4, 5):
        own.task(TASKS["series"].config(window_length=12, delay=delay), kept)
    assert len(kept) == 4
    assert own.task(CONFIG, kept) is not first
