"""What views cost: counts that are known, and bounds."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dashboard.run.views import cost
from dashboard.run.views.registry import VIEWS, view
from rnn_core import CELLS, RunConfig, Trainer, build_task, evaluate, step_cost
from rnn_core.tasks import TASKS

LARGEST = RunConfig(cell="lstm", hidden_size=256, num_layers=4, window_length=1020, batch_size=64)


def operations(key: str, config: RunConfig, *, paused: bool = True) -> float:
    return view(key).operations(config, build_task(config), paused=paused)


@pytest.mark.parametrize("key", VIEWS)
def test_every_view_knows_its_cost_for_every_cell_and_task(key: str) -> None:
    for cell in CELLS:
        assert 0 <= operations(key, RunConfig(cell=cell), paused=False) < cost.MOVING, cell
    for task in TASKS:
        config = RunConfig(task=task, **TASKS[task].defaults)  # type: ignore[arg-type]
        assert math.isfinite(operations(key, config)), task


@pytest.mark.parametrize("key", sorted(set(VIEWS) - {"state", "lag", "phase", "memory"}))
def test_costs_grow_with_every_size(key: str) -> None:
    small = RunConfig(cell="gru", hidden_size=16, num_layers=2, window_length=40)
    sizes = {"hidden_size": 32, "num_layers": 3, "window_length": 400}
    if key == "weights":
        del sizes["window_length"]
    for name, value in sizes.items():
        assert operations(key, replace(small, **{name: value})) > operations(key, small), name  # type: ignore[arg-type]


def test_weights_are_those_of_the_recurrent_layers() -> None:
    for cell in CELLS:
        config = RunConfig(cell=cell, hidden_size=7, num_layers=3, task="copy", window_length=30)
        trainer = Trainer(config)
        expected = sum(each.numel() for each in trainer.model.rnn.parameters())
        assert cost.weights(config, trainer.task.input_size) == expected


def test_a_training_step_is_as_many_operations_as_the_core_says() -> None:
    config = RunConfig(hidden_size=64, batch_size=8)
    assert cost.training_step(config, build_task(config)) == pytest.approx(
        0.2 * step_cost(config).operations
    )
    slow = replace(config, cell="min_gru")  # which is trained by PyTorch, step by step
    extra = cost.training_step(slow, build_task(slow)) - 0.2 * step_cost(slow).operations
    assert extra == pytest.approx(1.5e6 * 10)


@pytest.mark.parametrize("hidden", [8, 256])
@pytest.mark.parametrize("task", ["sin_to_cos", "delayed_recall", "copy", "lorenz", "noisy_sine"])
def test_an_evaluation_reads_as_many_windows_as_are_counted(task: str, hidden: int) -> None:
    settings = {**TASKS[task].defaults, "batch_size": 3, "hidden_size": hidden, "cell": "lstm"}
    config = RunConfig(task=task, num_layers=2 if hidden > 8 else 1, **settings)  # type: ignore[arg-type]
    trainer = Trainer(config, engine="auto")
    next(trainer.steps())
    windows, _rows = cost.evaluated(config, trainer.task)
    assert len(evaluate(trainer).carried) == windows


@pytest.mark.parametrize("key", ["gradient", "spectrum", "slow", "free"])
def test_with_the_nearest_settings_a_view_is_shown_and_with_the_next_it_is_not(key: str) -> None:
    task = build_task(LARGEST)
    assert not cost.fits(view(key), LARGEST, task, moving=False)
    found = cost.nearest(view(key), LARGEST, task)
    assert found
    for name, value in found.items():
        near, next_one = ({name: value + more} for more in (0, 1))
        assert cost.fits(view(key), replace(LARGEST, **near), task, moving=False), name  # type: ignore[arg-type]
        assert not cost.fits(view(key), replace(LARGEST, **next_one), task, moving=False), name  # type: ignore[arg-type]


def test_no_setting_is_named_that_would_not_help() -> None:
    # The eigenvalues do not depend on the window or the batch.
    assert set(cost.nearest(view("spectrum"), LARGEST, build_task(LARGEST))) == {
        "hidden_size",
        "num_layers",
    }


def test_no_window_is_named_that_the_task_cannot_have(monkeypatch: pytest.MonkeyPatch) -> None:
    config = RunConfig(
        task="copy", cell="lstm", hidden_size=256, num_layers=4, window_length=100, batch_size=16
    )
    task = build_task(config)
    shown = view("gradient")
    with_window = replace(config, window_length=24)
    monkeypatch.setattr(cost, "AT_REST", shown.operations(with_window, task, paused=True))
    assert cost.nearest(shown, config, task)["window_length"] == 24
    with_window = replace(config, window_length=20)  # ten symbols need 21
    monkeypatch.setattr(cost, "AT_REST", shown.operations(with_window, task, paused=True))
    assert "window_length" not in cost.nearest(shown, config, task)


def test_between_redraws_less_may_be_computed_than_at_rest() -> None:
    config = RunConfig(cell="gru", hidden_size=128, num_layers=2, window_length=200)
    task = build_task(config)
    assert cost.fits(view("gradient"), config, task, moving=False)
    assert not cost.fits(view("gradient"), config, task, moving=True)
    # The search for fixed points waits for a pause; the path does not.
    assert cost.fits(view("phase"), config, task, moving=True)
