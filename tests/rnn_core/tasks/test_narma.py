from __future__ import annotations

import math

import numpy as np
import pytest

from rnn_core import RunConfig, build_task
from tests.rnn_core.tasks.known_answers import (
    best_table,
    floors_of,
    stream,
    task_of,
)


def test_narma10_follows_its_equation_across_windows_and_blocks() -> None:
    inputs, targets = stream(RunConfig(task="narma10", window_length=70), 100)
    u, y = inputs[:, 0], np.concatenate([[0.0], targets[:, 0]])  # targets begin with y(1)
    for t in (*range(9, 200), *range(1000, 1100), *range(2040, 2100), 6998):
        now = (
            0.3 * y[t] + 0.05 * y[t] * y[max(0, t - 9) : t + 1].sum() + 1.5 * u[t - 9] * u[t] + 0.1
        )
        assert y[t + 1] == pytest.approx(now, rel=1e-12)
    assert y[1] == 0.1
    assert 0 <= u.min() < 0.001
    assert 0.499 < u.max() < 0.5
    assert u.mean() == pytest.approx(0.25, abs=5 * math.sqrt(1 / 48 / 7000))


@pytest.mark.parametrize("rows", [1, 16])
def test_narma10_never_grows_beyond_one(rows: int) -> None:
    task = build_task(RunConfig(task="narma10", window_length=1000, batch_size=rows))
    largest = [task.batch(k).targets.max() for k in range(1600 // rows)]
    assert 0.9 < max(largest) <= 1.0


def test_narma10_is_never_right_or_wrong() -> None:
    task = task_of("narma10")
    assert task.accuracy(task.batch(3), task.batch(3).targets) is None


def test_constant_and_memoryless_score_their_floors_on_narma10() -> None:
    config = RunConfig(task="narma10", window_length=1000, batch_size=64, data_seed=4)
    floors = floors_of("narma10")
    task = build_task(config)
    batches = [task.batch(k) for k in range(1, 5)]
    u, y = (
        np.concatenate([getattr(each, part)[..., 0] for each in batches], axis=1)
        for part in ("inputs", "targets")
    )
    slope = 1.5 * 0.25
    for key, prediction in (
        ("constant", np.full_like(y, y.mean())),
        ("memoryless", y.mean() + slope * (u - 0.25)),
    ):
        per_row = ((y - prediction) ** 2).mean(axis=1)
        error = per_row.std(ddof=1) / 8
        assert per_row.mean() == pytest.approx(floors[key], abs=5 * error + 0.01 * floors[key])
    assert best_table(u.ravel(), y.ravel(), 50) == pytest.approx(floors["memoryless"], rel=0.02)


def test_the_best_linear_function_of_20_inputs_has_the_nrmse_of_the_literature() -> None:
    task = build_task(RunConfig(task="narma10"))
    floors = {floor.key: floor for floor in task.floors()}
    assert task.target_variance == floors["constant"].value
    assert floors["linear"].lags == 20
    nrmse = math.sqrt(floors["linear"].value / task.target_variance)
    assert nrmse == pytest.approx(0.395, abs=0.005)
