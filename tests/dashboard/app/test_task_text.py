from __future__ import annotations

import pytest

from dashboard.app.task_text import task_name, task_story
from rnn_core.tasks import TASKS


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_name_and_a_story(task: str) -> None:
    assert task_name(task)
    assert task_story(task).endswith(".")


def test_names_are_told_apart() -> None:
    assert len({task_name(task) for task in TASKS}) == len(TASKS)
