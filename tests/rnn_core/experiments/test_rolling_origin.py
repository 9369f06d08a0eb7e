"""Rolling-origin evaluation, against pandas and against one forecast after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from utilsforecast.losses import mase

from rnn_core import TASKS, RunConfig, Trainer
from rnn_core.experiments.rolling_origin import (
    affordable_origins,
    mean_mae,
    rolling_origin,
    rolling_origins,
)
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask

ROWS, TEST, PERIOD = 400, 60, 12
_NOISE = np.random.default_rng(4).normal(size=ROWS)
SEASONAL = 50 + 10 * np.sin(2 * np.pi * np.arange(ROWS) / PERIOD) + _NOISE


def trainer(
    values: np.ndarray[Any, Any] = SEASONAL,
    *,
    inputs: tuple[str, ...] = ("level",),
    targets: tuple[str, ...] = ("level",),
    **settings: Any,
) -> Trainer:
    names = tuple(dict.fromkeys((*inputs, *targets)))
    columns = np.stack([values * (1 + n) - n * _NOISE for n in range(len(names))], axis=-1)
    config = TASKS["series"].config(window_length=10, hidden_size=4, **settings)
    task = SeriesTask(
        Series(columns, names, "waves"), SeriesPlan(inputs=inputs, targets=targets), config
    )
    found = Trainer(config, task=task, dtype=torch.float64)
    found.advance(40)
    return found


def test_naive_forecasts_and_scores_are_what_pandas_gives() -> None:
    found = rolling_origin(trainer(), 15)
    level, train = pd.Series(SEASONAL), pd.Series(SEASONAL[: ROWS - 2 * TEST])
    scale = train.diff(PERIOD).abs().mean()
    assert found.origins.tolist() == list(range(ROWS - TEST - 1, ROWS - 15))
    assert found.horizons.tolist() == list(range(1, 16))
    row = pd.Series(np.arange(ROWS))
    for number, h in enumerate(range(1, 16)):
        made = {
            "persistence": level.shift(h),
            "seasonal": level.shift(PERIOD if h <= PERIOD else 2 * PERIOD),
            "drift": level.shift(h) + h * (level.shift(h) - level[0]) / (row - h),
        }
        rows = found.origins + h
        np.testing.assert_array_equal(found.answers[:, number], level[rows])
        for key, forecast in made.items():
            np.testing.assert_allclose(found.forecasts[key][:, number], forecast[rows])
            error = (forecast - level)[rows]
            scores = found.scores[key][number]
            assert scores.mae == pytest.approx(error.abs().mean())
            assert scores.rmse == pytest.approx((error**2).mean() ** 0.5)
            assert scores.mase == pytest.approx(error.abs().mean() / scale)


def one_by_one(own: Trainer, origin: int, longest: int, begin: int) -> list[float]:
    """The newest forecasts that a network has at an origin, made one after the other."""
    task = own.task
    assert isinstance(task, SeriesTask)
    scaled = task.units.inputs.apply(task.series.values[:, :1])[:, 0].tolist()
    delay, length = task.delay, task.length
    known = dict(enumerate(scaled[: origin + 1]))
    for row in range(origin + 1 - delay, origin + 1 - delay + longest):
        first = begin if own.config.carry_state else row + 1 - length
        read = torch.tensor([[[known[n]] for n in range(first, row + 1)]], dtype=torch.float64)
        with torch.no_grad():
            known.setdefault(row + delay, float(own.model(read)[0][0, -1, 0]))
    return [known[origin + h] for h in range(1, longest + 1)]


@pytest.mark.parametrize("carry_state", [True, False])
@pytest.mark.parametrize(("delay", "longest"), [(1, 6), (3, 8), (3, 2), (14, 16)])
def test_the_network_is_iterated_on_its_own_forecasts(
    carry_state: bool, delay: int, longest: int
) -> None:
    own = trainer(carry_state=carry_state, delay=delay)
    found = rolling_origin(own, longest, origins=5)
    assert found.trained == delay
    assert found.is_iterated == (longest > delay)
    assert len(found.origins) == 5
    mean, std = SEASONAL[: ROWS - 2 * TEST].mean(), SEASONAL[: ROWS - 2 * TEST].std()
    for origin, made in zip(found.origins, found.forecasts["network"], strict=True):
        # As many rows as there are before the first origin, which are fewer than 400.
        begin = int(origin - found.origins[0])
        expected = np.array(one_by_one(own, int(origin), longest, begin)) * std + mean
        np.testing.assert_allclose(made, expected, rtol=1e-9)


def test_on_a_ramp_errors_grow_with_the_horizon() -> None:
    found = rolling_origin(trainer(np.arange(float(ROWS))), 4)
    assert [score.mae for score in found.scores["persistence"]] == [1, 2, 3, 4]
    assert [score.mase for score in found.scores["persistence"]] == [1, 2, 3, 4]
    np.testing.assert_allclose([score.rmse for score in found.scores["drift"]], 0, atol=1e-9)
    assert "seasonal" not in found.scores


def test_where_targets_are_no_inputs_there_is_one_horizon() -> None:
    own = trainer(inputs=("level",), targets=("other",), delay=3)
    found = rolling_origin(own, 9)
    assert (found.horizons.tolist(), found.is_iterated, found.column) == ([3], False, "other")
    assert found.forecasts["network"].shape == (ROWS - 1 - 3 - (ROWS - TEST - 1) + 1, 1)


def test_of_several_targets_each_can_be_scored() -> None:
    own = trainer(inputs=("level", "other"), targets=("level", "other"))
    first, second = (rolling_origin(own, 3, column=n) for n in range(2))
    assert (first.column, second.column) == ("level", "other")
    np.testing.assert_allclose(second.answers[:, 0], (2 * SEASONAL - _NOISE)[second.origins + 1])
    assert first.scores["network"] != second.scores["network"]
    for each, alone in zip(rolling_origins(own, 3), (first, second), strict=True):
        assert each.column == alone.column
        assert each.scores == alone.scores
        np.testing.assert_array_equal(each.forecasts["network"], alone.forecasts["network"])


def test_the_mean_over_targets_counts_each_in_its_standard_deviation() -> None:
    own = trainer(inputs=("level", "other"), targets=("level", "other"))
    found = rolling_origins(own, 3)
    means = mean_mae(found)
    assert means is not None
    assert set(means) == {"network", "persistence", "seasonal", "drift"}
    train = ROWS - 2 * TEST
    deviations = SEASONAL[:train].std(), (2 * SEASONAL - _NOISE)[:train].std()
    for key, mean in means.items():
        for number in range(3):
            errors = [each.scores[key][number].mae for each in found]
            ours = [error / std for error, std in zip(errors, deviations, strict=True)]
            assert mean[number] == pytest.approx(np.mean(ours))
    lacking = replace(found[1], scores={"network": found[1].scores["network"]})
    assert set(mean_mae((found[0], lacking)) or ()) == {"network"}


def test_there_is_no_mean_of_one_target_or_of_several_units() -> None:
    assert mean_mae(rolling_origins(trainer(), 2)) is None
    own = trainer(inputs=("level", "other"), targets=("level", "other"))
    task = own.task
    assert isinstance(task, SeriesTask)
    plain = SeriesTask(task.series, replace(task.plan, standardise=False), own.config)
    assert mean_mae(rolling_origins(Trainer(own.config, task=plain), 2)) is None


def test_mase_is_that_of_utilsforecast() -> None:
    """A well-kept reference; each horizon is a series of its own to it."""
    found = rolling_origin(trainer(), 5)
    rows = pd.DataFrame(
        {
            "unique_id": np.repeat(found.horizons, len(found.origins)),
            "ds": (found.origins + found.horizons[:, None]).ravel(),
            "y": found.answers.T.ravel(),
            **{key: each.T.ravel() for key, each in found.forecasts.items()},
        }
    )
    known = SEASONAL[: ROWS - 2 * TEST]
    train = pd.concat(
        pd.DataFrame({"unique_id": h, "ds": np.arange(len(known)), "y": known})
        for h in found.horizons
    )
    expected = mase(rows, list(found.forecasts), PERIOD, train).set_index("unique_id")
    for key, scores in found.scores.items():
        np.testing.assert_allclose([each.mase for each in scores], expected[key])


def test_asking_changes_nothing_that_follows() -> None:
    asked, plain = trainer(), trainer()
    rolling_origin(asked, 5)
    assert asked.advance(20).losses.tolist() == plain.advance(20).losses.tolist()


def test_what_has_no_test_part_or_too_short_a_one_is_refused() -> None:
    with pytest.raises(ValueError, match="A rolling origin needs a series with a test part"):
        rolling_origin(Trainer(RunConfig()))
    with pytest.raises(ValueError, match="The test part has 60 rows, too few for 2 origins"):
        rolling_origin(trainer(), 60)
    with pytest.raises(ValueError, match="horizons must be a whole number from 1 to 200, got 0"):
        rolling_origin(trainer(), 0)
    with pytest.raises(ValueError, match="column must be a whole number from 0 to 0, got 1"):
        rolling_origin(trainer(), 5, column=1)


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("carries", "delay", "horizons", "samples"),
    [(True, 1, 5, 404), (True, 3, 2, 402), (False, 1, 5, 50), (False, 3, 5, 50)],
)
def test_as_many_origins_as_operations_allow(
    carries: bool, delay: int, horizons: int, samples: int
) -> None:
    run = trainer(carry_state=carries, delay=delay)
    one = 2 * run.parameter_count * samples
    assert affordable_origins(run, horizons, 33.5 * one) == 33
    assert affordable_origins(run, horizons, 1e4 * one) == 200


def test_with_too_few_origins_a_shorter_horizon_is_named() -> None:
    run = trainer(carry_state=False)
    enough = 20 * 2 * run.parameter_count * 10 * 7  # for horizon 7: windows of ten samples
    with pytest.raises(ValueError, match=r"up to horizon 12 take this network too long .* Try 7\."):
        affordable_origins(run, 12, enough)
    assert affordable_origins(run, 7, enough) == 20
    with pytest.raises(ValueError, match=r"Choose a shorter window or fewer units\."):
        affordable_origins(run, 12, 1.0)


def test_a_horizon_that_is_not_iterated_costs_the_same_however_long() -> None:
    run = trainer(inputs=("level", "other"), targets=("other",))
    assert run.task.horizon is None
    one = 2 * run.parameter_count * 400
    assert affordable_origins(run, 200, 30.5 * one) == affordable_origins(run, 1, 30.5 * one) == 30


def test_only_a_series_has_origins() -> None:
    with pytest.raises(ValueError, match=r"A rolling origin needs a series with a test part\."):
        affordable_origins(Trainer(RunConfig()), 3, 1e9)
