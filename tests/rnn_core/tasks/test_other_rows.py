"""Other rows of the columns of a run, scored with what the run knew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnn_core import TASKS, Trainer, evaluate
from rnn_core.config import RunConfig
from rnn_core.experiments.rolling_origin import rolling_origin
from rnn_core.io import set_weights
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.other_rows import OtherRows
from rnn_core.tasks.series import SeriesTask

ROWS, PERIOD = 400, 12
_NOISE = np.random.default_rng(4).normal(size=ROWS)
LEVEL = 50 + 10 * np.sin(2 * np.pi * np.arange(ROWS) / PERIOD) + _NOISE
SERIES = Series(np.stack([LEVEL, 2 * LEVEL - _NOISE], axis=1), ("level", "other"), "waves.csv")
PLAN = SeriesPlan(inputs=("level", "other"), targets=("other", "level"))


def config(**settings: Any) -> RunConfig:
    return TASKS["series"].config(
        **({"window_length": 10, "hidden_size": 4, "delay": 2} | settings)
    )


def own(**settings: Any) -> SeriesTask:
    return SeriesTask(SERIES, PLAN, config(**settings))


def rows(first: int, last: int, start: int = 0, **settings: Any) -> OtherRows:
    part = Series(SERIES.values[first:last], SERIES.columns, "new.csv")
    return OtherRows(part, PLAN, config(**settings), own(**settings).trained_series, start)


def scalings(task: SeriesTask) -> list[Any]:
    units = task.units
    return [units.inputs.mean, units.inputs.std, units.targets.mean, units.targets.std]


@pytest.mark.parametrize("carry_state", [True, False])
def test_a_runs_own_validation_part_is_scored_as_the_run_scores_it(carry_state: bool) -> None:
    """The one case in which both answer the same question."""
    task = own(carry_state=carry_state)
    trainer = Trainer(task_config := config(carry_state=carry_state), task=task)
    trainer.advance(40)
    other = Trainer(task_config, task=rows(0, ROWS, task.parts.train + 2, carry_state=carry_state))
    set_weights(other, dict(trainer.model.named_parameters()))
    expected, found = evaluate(trainer).losses, evaluate(other).losses
    assert len(found) > len(expected) > 3
    np.testing.assert_allclose(found[: len(expected)], expected, rtol=1e-6)
    assert isinstance(other.task, OtherRows)
    count = len(task.held_out_targets)
    for key, made in task.naive_forecasts.items():
        if key != "smoothing":  # begins anew with the first row of the file
            np.testing.assert_allclose(other.task.naive_forecasts[key][:count], made, atol=1e-12)
    assert other.task.mase_scales == task.mase_scales


def test_nothing_is_fitted_to_other_rows() -> None:
    task, other = own(), rows(300, 400)
    shifted = Series(SERIES.values[300:] * 7 + 100, SERIES.columns, "new.csv")
    far = OtherRows(shifted, PLAN, config(), task.trained_series)
    for each in (other, far):
        for scaling, known in zip(scalings(each), scalings(task), strict=True):
            np.testing.assert_array_equal(scaling, known)
        assert (each.period, each.periods) == (PERIOD, (PERIOD, PERIOD))
    floors = {floor.key: floor.value for floor in far.floors()}
    assert floors["constant"] > 100  # the mean of the training part, far from these rows
    np.testing.assert_allclose(
        other.batch(0, np.float64).inputs[0],
        (SERIES.values[320:330] - SERIES.values[:280].mean(axis=0))
        / SERIES.values[:280].std(axis=0),
    )


def test_rows_are_forecast_from_the_first_one_on_where_enough_come_before() -> None:
    assert rows(0, ROWS, 300).scored == (300, 400)
    assert rows(0, ROWS, 305).scored == (305, 395)
    assert rows(0, ROWS, 300).held_out.warm_up == 29
    # Twenty lags, in whole windows, and the horizon.
    assert rows(300, ROWS).scored == (22, 92)
    assert rows(300, ROWS, 5).scored == (22, 92)


def test_too_few_rows_are_refused_with_what_is_needed() -> None:
    assert rows(300, 342).scored == (22, 42)
    with pytest.raises(
        ValueError,
        match=r"new\.csv has 41 rows to score, too few: 42 are needed, 22 that warm up the network "
        "and two windows of 10",
    ):
        rows(300, 341)
    with pytest.raises(ValueError, match="19 rows to score, too few: two windows of 10 need 20"):
        rows(200, 319, 100)


def test_the_rolling_origin_forecasts_the_same_rows() -> None:
    task = rows(300, ROWS)
    trainer = Trainer(config(), task=task)
    assert rolling_origin(trainer, 4, column=1).column == "level"
    plan = SeriesPlan(inputs=("level",), targets=("level",))
    single = SeriesTask(SERIES, plan, config())
    part = Series(SERIES.values[300:], SERIES.columns, "new.csv")
    trainer = Trainer(config(), task=OtherRows(part, plan, config(), single.trained_series))
    found = rolling_origin(trainer, 4)
    assert (found.origins[0], found.origins[-1]) == (21, 95)
    np.testing.assert_array_equal(found.answers[0], LEVEL[322:326])
    scale = np.abs(LEVEL[PERIOD:280] - LEVEL[: 280 - PERIOD]).mean()
    score = found.scores["persistence"][0]
    assert score.mase == pytest.approx(score.mae / scale)


def test_identities_tell_rows_apart() -> None:
    assert len({rows(300, ROWS).identity, rows(299, ROWS).identity, own().identity}) == 3
