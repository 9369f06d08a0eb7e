"""The way back to a series' own unit and time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.series import Series, SeriesPlan, Units

VALUES = np.column_stack([np.arange(40.0), 3 + np.sin(np.arange(40.0))])
PLAN = SeriesPlan(inputs=("level",), targets=("level",))


def units(times: np.ndarray | None = None, plan: SeriesPlan = PLAN) -> Units:
    return Units.of(Series(VALUES, ("level", "wave"), "test", times), plan)


def test_standardising_is_undone_for_inputs_and_targets() -> None:
    found = units(plan=replace(PLAN, inputs=("wave", "level")))
    both = VALUES[:, [1, 0]]
    np.testing.assert_allclose(found.inputs.undo(found.inputs.apply(both)), both)
    assert found.inputs.apply(both)[:28].std(axis=0) == pytest.approx([1, 1])
    assert found.targets.mean == pytest.approx([13.5])
    assert found.standardised
    assert not units(plan=replace(PLAN, standardise=False)).standardised


def test_inputs_and_targets_have_one_unit_where_they_are_one_column() -> None:
    assert units().column == "level"
    assert units(plan=replace(PLAN, targets=("wave",))).column is None
    assert units(plan=SeriesPlan(inputs=("level", "wave"), targets=("level",))).column is None


@pytest.mark.parametrize(
    ("times", "texts"),
    [
        (None, ["1", "4"]),
        (np.arange(0.5, 20.5, 0.5), ["0.5", "2"]),
        (np.arange("1958-03", "1961-07", dtype="datetime64[M]"), ["1958-03", "1958-06"]),
        (np.datetime64("1958-01-31") + np.arange(40), ["1958-01-31", "1958-02-03"]),
        (
            np.datetime64("2017-01-01T22") + np.arange(40),
            ["2017-01-01 22:00", "2017-01-02 01:00"],
        ),
        (
            np.datetime64("2017-01-01T22:00:00") + np.arange(40),
            ["2017-01-01 22:00:00.000", "2017-01-01 22:00:03.000"],
        ),
    ],
)
def test_a_time_is_told_as_far_as_it_tells_rows_apart(
    times: np.ndarray | None, texts: list[str]
) -> None:
    assert units(times).when([0, 3]) == texts
