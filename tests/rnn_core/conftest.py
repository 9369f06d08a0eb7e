from __future__ import annotations

import pytest

from tests.rnn_core.made_up import Give, MadeUp


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> Give:
    """Have every run of the test learn this task."""

    def give(task: MadeUp) -> MadeUp:
        monkeypatch.setattr("rnn_core.tasks.registry.TASKS", {"sin_to_cos": lambda config: task})
        return task

    return give
