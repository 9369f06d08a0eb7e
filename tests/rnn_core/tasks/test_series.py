from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from rnn_core import TASKS, RunConfig, Trainer, evaluate, judge
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask, longest_window
from rnn_core.tasks.stack import stack

PLAN = SeriesPlan(inputs=("y", "z"), targets=("y",))


def _series(rows: int = 400) -> Series:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, 2)).cumsum(axis=0) + np.array([100, -5])
    return Series(values, ("y", "z"), "walks")


def _task(plan: SeriesPlan = PLAN, rows: int = 400, **settings: object) -> SeriesTask:
    return SeriesTask(_series(rows), plan, RunConfig.from_dict({"delay": 3, **settings}))


def test_targets_are_the_column_a_horizon_later_in_its_own_unit() -> None:
    task = _task(batch_size=4)
    batch = task.batch(2)
    rows = batch.time.astype(int)
    values = task.series.values
    np.testing.assert_allclose(task.units.inputs.undo(batch.inputs), values[rows])
    np.testing.assert_allclose(task.units.targets.undo(batch.targets), values[rows + 3][..., :1])


def test_training_reads_every_stretch_in_order_and_nothing_beyond_the_training_part() -> None:
    task = _task(batch_size=4, window_length=10)
    assert task.windows_per_cycle == (280 - 3) // 4 // 10
    read = np.stack([task.batch(n).time for n in range(task.windows_per_cycle)], axis=1)
    assert read.reshape(4, -1).tolist() == [
        list(range(start, start + 60)) for start in (0, 69, 138, 207)
    ]
    assert read.max() + task.delay < task.parts.train
    np.testing.assert_array_equal(task.batch(6).inputs, task.batch(0).inputs)


def test_many_windows_at_once_are_those_one_after_another() -> None:
    task = _task(batch_size=3)
    together = task.batches(5, 20, np.float32)
    one_by_one = stack([task.batch(n, np.float32) for n in range(5, 25)])
    np.testing.assert_array_equal(together.inputs, one_by_one.inputs)
    np.testing.assert_array_equal(together.targets, one_by_one.targets)


@pytest.mark.parametrize(("part", "start", "stop"), [("held_out", 280, 340), ("test", 340, 400)])
def test_held_out_windows_lie_in_their_part_after_a_warm_up(
    part: str, start: int, stop: int
) -> None:
    windows = getattr(_task(), part)
    assert windows.origins[0] == start
    assert windows.origins[-1] + 3 < stop
    assert windows.warm_up == start // 10
    assert len(windows.origins) == (windows.windows - windows.warm_up) * 10
    assert windows.batch(windows.warm_up).time[0, 0] == start
    with pytest.raises(ValueError, match="index of a window must be from 0 to"):
        windows.batch(windows.windows)


def test_the_held_out_loss_is_that_of_the_validation_part_by_hand() -> None:
    task = _task()
    trainer = Trainer(RunConfig(delay=3), task=task)
    trainer.advance(50)
    windows, state, squares = task.held_out, None, []
    for index in range(windows.windows):
        batch = windows.batch(index, np.float32)
        prediction, state = trainer.predict(batch.inputs, state)
        squares.append((prediction - batch.targets) ** 2)
    evaluation = evaluate(trainer)
    assert evaluation.step == 49
    assert evaluation.mean == pytest.approx(np.mean(squares[windows.warm_up :]), rel=1e-5)
    assert evaluation.cycle == 1


def test_changing_rows_after_the_training_part_changes_no_update() -> None:
    changed = _series().values.copy()
    changed[280:] *= -3
    weights = []
    for series in (_series(), Series(changed, ("y", "z"), "walks")):
        trainer = Trainer(RunConfig(delay=3), task=SeriesTask(series, PLAN, RunConfig(delay=3)))
        trainer.advance(60)
        weights.append(trainer.snapshot().weights)
    assert weights[0].equal(weights[1])


def test_floors_are_the_losses_of_naive_forecasts_by_hand_in_pandas() -> None:
    rng = np.random.default_rng(3)
    y = pd.Series(np.tile([0.0, 4.0, 1.0, -2.0, -3.0], 80) + 0.3 * rng.normal(size=400))
    plan = SeriesPlan(inputs=("y",), targets=("y",))
    task = SeriesTask(Series(y.to_numpy()[:, None], ("y",), "y"), plan, RunConfig(delay=2))
    known = y[:280]
    scaled = (y - known.mean()) / known.std(ddof=0)
    rows = pd.RangeIndex(280 + 2, 280 + 2 + 50)  # five windows of ten
    errors = {
        "constant": scaled,
        "persistence": scaled - scaled.shift(2),
        "seasonal": scaled - scaled.shift(5),
        "drift": scaled
        - scaled.shift(2)
        - 2 * ((scaled - scaled[0]) / scaled.index.to_series()).shift(2),
    }
    floors = {floor.key: floor for floor in task.floors()}
    assert task.period == 5
    for key, error in errors.items():
        assert floors[key].value == pytest.approx((error[rows] ** 2).mean()), key  # type: ignore[index]
        assert floors[key].bound == "fitted"  # type: ignore[index]
    assert floors["linear"].lags == 20
    values = [floor.value for floor in task.floors()]
    assert values == sorted(values, reverse=True)
    assert task.target_variance == pytest.approx(scaled[rows].var(ddof=0))


def test_a_network_that_learns_a_noisy_wave_beats_persistence() -> None:
    wave = np.sin(0.4 * np.arange(1500)) + np.random.default_rng(0).normal(0, 0.1, 1500)
    config = RunConfig(delay=4, lr=0.01, batch_size=4)
    plan = SeriesPlan(inputs=("y",), targets=("y",))
    task = SeriesTask(Series(wave[:, None], ("y",), "wave"), plan, config)
    trainer = Trainer(config, task=task)
    trainer.advance(300)
    verdict = judge(evaluate(trainer), task.floors())
    assert verdict.floor is not None
    assert verdict.loss.high < next(f.value for f in task.floors() if f.key == "persistence") / 5


@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        (40, {"window_length": 20}, "The training part has 28 rows, too few for 2 windows of 20"),
        (100, {"window_length": 10}, "The validation part has 15 rows, too few for 2 windows"),
        (400, {"batch_size": 64}, "too few for 2 windows of 10 in each of 64 rows of a batch"),
    ],
)
def test_a_part_too_short_for_two_windows_is_refused(
    rows: int, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        _task(rows=rows, **settings)


def test_an_unknown_column_is_refused() -> None:
    plan = SeriesPlan(inputs=("x",), targets=("y",))
    with pytest.raises(ValueError, match="Unknown column 'x'"):
        _task(plan)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Sunspots", "Sunspots-series.csv"),
        ("../../etc/passwd", "passwd-series.csv"),
        ("data.v2.xlsx", "data_v2-series.csv"),
        ("‮\n/", "_-series.csv"),
        ("温度.tsv", "温度-series.csv"),
    ],
)
def test_a_script_reads_a_file_beside_it_whatever_the_name_of_the_series(
    name: str, file: str
) -> None:
    values = np.stack([np.sin(np.arange(300.0)), np.arange(300.0) / 3], axis=1)
    plan = SeriesPlan(inputs=("=y",), targets=("=y",))
    task = SeriesTask(Series(values, ("=y", "unused"), name), plan, RunConfig())
    ((found, data),) = task.script_files().items()
    assert found == file
    head, *rows = data.decode().splitlines()
    assert head == "'=y"  # no formula
    assert [float(row) for row in rows] == values[:, 0].tolist()
    assert f"FILE = {file!r}" in task.script()


def test_the_longest_window_is_one_that_fits_and_a_longer_one_does_not() -> None:
    plan = SeriesPlan(inputs=("x",), targets=("x",))
    values = np.random.default_rng(0).normal(size=(230, 1))
    config = TASKS["series"].config(delay=3, batch_size=4)
    longest = longest_window(230, plan, config)
    series = Series(values, ("x",), "x.csv")
    SeriesTask(series, plan, replace(config, window_length=longest))
    with pytest.raises(ValueError, match="too few for 2 windows"):
        SeriesTask(series, plan, replace(config, window_length=longest + 1))
    assert longest_window(12, plan, config) < 2
