from __future__ import annotations

import pytest

from dashboard.app.task_text import task_description, task_title
from rnn_core.tasks import TASKS


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_name_and_a_story(task: str) -> None:
    assert task_title(task)
    assert task_description(task).endswith(".")


def test_names_are_told_apart() -> None:
    assert len({task_title(task) for task in TASKS}) == len(TASKS)
