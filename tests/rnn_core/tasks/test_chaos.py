from __future__ import annotations

import math

import numpy as np
import pytest

from rnn_core import RULES, TASKS, RunConfig, build_task
from rnn_core.tasks.chaos import lorenz, mackey_glass
from tests.rnn_core.tasks.known_answers import (
    floors_of,
    stream,
)


def test_mackey_glass_is_what_small_steps_of_euler_give() -> None:
    h, x = 0.0005, [0.8] * 34_001
    for _ in range(int(50 / h)):
        late = x[-34_001]
        x.append(x[-1] + h * (0.2 * late / (1 + late**10) - 0.1 * x[-1]))
    block, _history = mackey_glass(0, np.full((1, 172), 0.8))
    expected = np.array(x[34_001:])[int(1 / h) - 1 :: int(1 / h)]
    np.testing.assert_allclose(block[0, :50, 0], expected, atol=2e-4)


def test_mackey_glass_stays_where_it_is_known_to_stay() -> None:
    inputs, _targets = stream(RunConfig(task="mackey_glass", window_length=500), 20)
    assert 0.2 < inputs.min() < 0.5
    assert 1.2 < inputs.max() < 1.4


def test_lorenz_is_what_small_steps_of_the_midpoint_method_give() -> None:
    def slope(p: np.ndarray) -> np.ndarray:
        x, y, z = p
        return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    start = point = np.array([1.0, 2.0, 20.0])
    h, expected = 1e-4, []
    for _ in range(50):
        for _ in range(200):
            point = point + h * slope(point + h / 2 * slope(point))
        expected.append(point[0])
    path, _points = lorenz(start[None], 50)
    np.testing.assert_allclose(path[0], expected, atol=5e-3)


def test_lorenz_rests_at_the_centre_of_either_wing() -> None:
    side = math.sqrt(8 / 3 * 27)
    points = np.array([[side, side, 27.0], [-side, -side, 27.0], [0.0, 0.0, 0.0]])
    path, _points = lorenz(points, 100)
    np.testing.assert_allclose(path, np.repeat(points[:, :1], 100, axis=1), atol=1e-9)


@pytest.mark.parametrize("delay", [1, 17, 100])
@pytest.mark.parametrize("name", ["mackey_glass", "lorenz"])
def test_constant_and_persistence_score_their_floors_on_chaos(name: str, delay: int) -> None:
    config = RunConfig(task=name, delay=delay, window_length=1000, batch_size=64, data_seed=3)
    batch = build_task(config).batch(1)
    batches = [batch, build_task(config).batch(2)]
    inputs, targets = (
        np.concatenate([getattr(each, part)[..., 0] for each in batches], axis=1)
        for part in ("inputs", "targets")
    )
    floors = {floor.key: floor.value for floor in build_task(config).floors()}
    mean = targets.mean()
    for key, prediction in (("constant", mean), ("persistence", inputs)):
        per_row = ((targets - prediction) ** 2).mean(axis=1)  # 64 independent streams
        error = per_row.std(ddof=1) / 8
        assert per_row.mean() == pytest.approx(floors[key], abs=5 * error)
        assert error < 0.05 * floors[key]


def test_the_signals_are_measured_well() -> None:
    # Mean square of the standardised Lorenz x.
    assert floors_of("lorenz")["constant"] == pytest.approx(1.0, abs=0.01)
    # One unit ahead little has happened to Mackey–Glass; half a cycle of some 50 units ahead much.
    assert floors_of("mackey_glass", delay=1)["persistence"] < 0.002
    assert floors_of("mackey_glass", delay=25)["persistence"] > 0.1


# --- floors -------------------------------------------------------------------------------


def test_the_floors_are_those_of_an_independent_check() -> None:
    # By a nearest-neighbour regression, and by least squares on 50 lags.
    mackey_glass, lorenz = (
        {floor.key: floor for floor in build_task(TASKS[name].config()).floors()}
        for name in ("mackey_glass", "lorenz")
    )
    assert mackey_glass["memoryless"].value == pytest.approx(0.0425, rel=0.02)
    assert mackey_glass["linear"].value == pytest.approx(0.0118, rel=0.05)
    assert mackey_glass["linear"].lags == 50
    assert lorenz["memoryless"].value == pytest.approx(0.316, rel=0.03)
    for floors in (mackey_glass, lorenz):
        for key in set(floors) - {"carried_memory"}:
            assert 0 < floors[key].error < 0.015 * floors[key].value


def test_the_variance_of_the_target_is_the_constant_floor() -> None:
    for name in ("mackey_glass", "lorenz"):
        task = build_task(RunConfig(task=name))
        (constant,) = (floor.value for floor in task.floors() if floor.key == "constant")
        assert task.target_variance == pytest.approx(constant)


@pytest.mark.parametrize("name", ["mackey_glass", "lorenz"])
def test_the_longest_delay_has_floors_too(name: str) -> None:
    assert RULES["delay"].high == 100  # type: ignore[attr-defined]
    found = build_task(RunConfig(task=name, delay=100)).floors()
    assert {floor.key for floor in found} == {
        "constant",
        "persistence",
        "memoryless",
        "linear",
        "carried_memory",
    }
    with pytest.raises(ValueError, match=r"^delay must be .* 1 to 100"):
        RunConfig(task=name, delay=101)
