from __future__ import annotations

import numpy as np
import pytest

from dashboard.app.task_text import task_name, task_story
from dashboard.charts.window_layout import WindowLayout, window_layout
from rnn_core import RunConfig, Trainer, build_task
from rnn_core.tasks import DEFAULTS, TASKS


def layout(task: str, **settings: object) -> WindowLayout:
    config = RunConfig(task=task, **{**DEFAULTS[task], **settings})  # type: ignore[arg-type]
    return window_layout(build_task(config), config)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_name_a_story_and_a_layout(task: str) -> None:
    assert task_name(task)
    assert task_story(task).endswith(".")
    shown = layout(task)
    config = RunConfig(task=task, **DEFAULTS[task])  # type: ignore[arg-type]
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
        # The range is that of a few windows; noise may go a little beyond.
        assert heights.min() >= low - 0.5 * shown.lane_height
        assert heights.max() <= high + 0.5 * shown.lane_height


def test_the_tutorials_window_is_as_long_as_half_a_period() -> None:
    shown = layout("sin_to_cos")
    assert shown.is_plain
    assert shown.radians
    assert shown.span == pytest.approx(np.pi)
    np.testing.assert_allclose(shown.points, np.linspace(0, np.pi, 10))
    assert (shown.low, shown.high) == pytest.approx((-1, 1), abs=0.02)


def test_a_sequences_points_leave_room_for_the_next_one() -> None:
    shown = layout("delayed_recall")
    assert not shown.radians
    np.testing.assert_array_equal(shown.points, np.arange(20))
    assert shown.span == 20


def test_numbers_have_a_lane_each_from_the_top() -> None:
    shown = layout("flip_flop")
    assert (shown.lanes, shown.symbols, shown.sparse) == (3, False, False)
    values = np.array([[1.0, -1.0, 0.0]])
    expected = values - shown.lane_height * np.array([0, 1, 2])
    np.testing.assert_allclose(shown.heights_of_inputs(values), expected)
    np.testing.assert_allclose(shown.heights_of_outputs(values), expected)


def test_answers_have_lanes_below_where_they_are_of_another_number() -> None:
    shown = layout("adding")
    assert (shown.inputs, shown.outputs, shown.lanes, shown.sparse) == (2, 1, 3, True)
    answer = np.array([[0.3]])
    np.testing.assert_allclose(shown.heights_of_outputs(answer), answer - 2 * shown.lane_height)


def test_symbols_are_rungs_with_the_answers_above() -> None:
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
