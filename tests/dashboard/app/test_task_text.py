from __future__ import annotations

import pytest

from dashboard.app.task_text import task_description, task_rows, task_title
from rnn_core.tasks import TASKS


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_name_and_a_story(task: str) -> None:
    assert task_title(task)
    assert task_description(task).endswith(".")


def test_names_are_told_apart() -> None:
    assert len({task_title(task) for task in TASKS}) == len(TASKS)


def test_rows_are_windows_of_one_wave_on_the_waves_only() -> None:
    waves = {"sin_to_cos", "sum_of_sines", "square_wave", "chirp", "noisy_sine"}
    assert {task for task in TASKS if "one window ahead" in task_rows(task)} == waves


def test_an_unknown_task_has_its_name_and_no_description() -> None:
    assert (task_title("none"), task_description("none")) == ("none", "")
    assert task_rows("none").endswith("of its own.")
