from __future__ import annotations

import numpy as np
import pytest

from dashboard.charts.window_layout import WindowLayout, window_layout, windows_in_view
from rnn_core import RunConfig, Trainer, build_task
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks import TASKS, Batch, Task
from rnn_core.tasks.series import SeriesTask


def layout(task: str, **settings: object) -> WindowLayout:
    config = RunConfig(task=task, **{**TASKS[task].defaults, **settings})  # type: ignore[arg-type]
    return window_layout(build_task(config), config)


@pytest.mark.parametrize("task", TASKS)
def test_the_windows_of_every_task_lie_in_the_range_of_its_layout(task: str) -> None:
    shown = layout(task)
    config = RunConfig(task=task, **TASKS[task].defaults)  # type: ignore[arg-type]
    step = next(Trainer(config).steps())
    inputs, targets = step.inputs[0], step.targets[0]
    assert inputs.shape == (shown.length, shown.inputs)
    assert targets.shape == (shown.length, shown.outputs)
    low, high = shown.range
    answered = shown.answered(step.loss_mask)
    for heights in (
        shown.heights_of_inputs(inputs),
        shown.heights_of_outputs(targets[answered]),
    ):
        # The range is taken from a few windows; noise may exceed it a little.
        assert heights.min() >= low - 0.5 * shown.lane_height
        assert heights.max() <= high + 0.5 * shown.lane_height


def test_the_tutorials_window_is_as_long_as_half_a_period() -> None:
    shown = layout("sin_to_cos")
    assert shown.is_plain
    assert shown.radians
    assert shown.span == pytest.approx(np.pi)
    np.testing.assert_allclose(shown.points, np.linspace(0, np.pi, 10))
    assert (shown.low, shown.high) == pytest.approx((-1, 1), abs=0.02)


def test_the_points_of_a_sequence_leave_room_for_the_next_one() -> None:
    shown = layout("delayed_recall")
    assert not shown.radians
    np.testing.assert_array_equal(shown.points, np.arange(20))
    assert shown.span == 20


def test_each_number_has_a_lane_from_the_top_down() -> None:
    shown = layout("flip_flop")
    assert (shown.lanes, shown.symbols, shown.sparse) == (3, False, False)
    values = np.array([[1.0, -1.0, 0.0]])
    expected = values - shown.lane_height * np.array([0, 1, 2])
    np.testing.assert_allclose(shown.heights_of_inputs(values), expected)
    np.testing.assert_allclose(shown.heights_of_outputs(values), expected)


def test_outputs_have_lanes_below_the_inputs_where_their_numbers_differ() -> None:
    shown = layout("adding")
    assert (shown.inputs, shown.outputs, shown.lanes, shown.sparse) == (2, 1, 3, True)
    answer = np.array([[0.3]])
    np.testing.assert_allclose(shown.heights_of_outputs(answer), answer - 2 * shown.lane_height)


def test_symbols_have_heights_with_those_of_the_outputs_above() -> None:
    shown = layout("copy")
    assert shown.symbols
    assert not shown.sparse
    np.testing.assert_array_equal(shown.heights_of_inputs(np.eye(10)), np.arange(10)[:, None])
    np.testing.assert_array_equal(shown.heights_of_outputs(np.eye(9)), 11 + np.arange(9)[:, None])
    assert shown.range == (0, 19)


def test_answers_are_wanted_where_the_first_windows_mask_says_so() -> None:
    shown = layout("sin_to_cos")
    loss_mask = np.zeros((2, 10), bool)
    loss_mask[0, 3] = loss_mask[1, 5] = True
    assert shown.answered(loss_mask).tolist() == [3]
    assert shown.answered(None).tolist() == list(range(10))


@pytest.mark.parametrize(("cycle", "windows"), [(1, 4), (2, 4), (3, 6), (5, 5), (7, 7), (17, 4)])
def test_the_view_holds_whole_cycles_where_these_are_short(cycle: int, windows: int) -> None:
    assert windows_in_view(cycle, 10) == windows


@pytest.mark.parametrize(("points", "windows"), [(50, 4), (100, 4), (101, 3), (134, 2), (5000, 2)])
def test_the_view_holds_fewer_windows_with_many_points_but_two_at_least(
    points: int, windows: int
) -> None:
    assert windows_in_view(1, points) == windows


def test_a_constant_signal_has_a_lane_all_the_same() -> None:
    class Constant(Task):
        def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
            values = np.full((1, 10, 1), 3.0)
            return Batch(np.arange(10.0)[None], values, values)

    shown = window_layout(Constant(), RunConfig())
    assert (shown.low, shown.high) == (2, 4)
    assert shown.lane_height > 0


def test_columns_of_a_series_have_lanes_by_name() -> None:
    values = np.random.default_rng(0).normal(size=(600, 3))
    series = Series(values, ("a", "b", "c"), "walk.csv")
    config = TASKS["series"].config()
    shown = window_layout(
        SeriesTask(series, SeriesPlan(inputs=("a", "b"), targets=("c", "b")), config), config
    )
    assert (shown.input_names, shown.output_names) == (("a", "b"), ("c", "b"))
    assert (shown.lanes, shown.output_lanes.tolist()) == (3, [2, 1])
    heights = shown.heights_of_outputs(np.array([[1.0, 2.0]]))
    np.testing.assert_allclose(heights, [[1 - 2 * shown.lane_height, 2 - shown.lane_height]])
    assert shown.keeps == {}
    assert layout("series").keeps is None  # a bundled series is no secret


@pytest.mark.parametrize(
    ("task", "is_plain"),
    [("sin_to_cos", True), ("lorenz", True), ("adding", False), ("flip_flop", False)],
)
def test_one_input_and_one_output_share_a_lane(task: str, is_plain: bool) -> None:
    assert layout(task).is_plain == is_plain
