from __future__ import annotations

import numpy as np

from dashboard.run.scene import Scene
from dashboard.run.views.registry import view
from rnn_core import RunConfig, Trainer, evaluate, judge
from tests.dashboard.clock import Clock


def scene_after(steps: int, config: RunConfig, like: Scene | None = None) -> Scene:
    scene = Scene(Trainer(config), Clock(), like=like)
    for _ in range(steps + 1):
        scene.advance()
    return scene


def test_it_keeps_the_last_windows_and_losses_only() -> None:
    scene = scene_after(60, RunConfig(hidden_size=4))
    assert [step.index for step in scene.windows] == [57, 58, 59, 60]
    assert len(scene.recent) == 20
    assert scene.latest.index == 60
    np.testing.assert_array_equal(scene.hidden[-1], scene.trainer.hidden_states[0])
    assert len(scene.hidden) == len(scene.windows)
    assert scene.memory == 20


def test_the_online_loss_averages_whole_cycles() -> None:
    scene = scene_after(0, RunConfig(hidden_size=2, points_per_period=21, window_length=10))
    cycle = scene.trainer.task.windows_per_cycle
    assert cycle > 2
    assert (scene.recent.maxlen or 0) % cycle == 0


def test_a_step_whose_loss_is_not_finite_is_not_kept() -> None:
    scene = scene_after(0, RunConfig(optimizer="sgd", lr=1.0))
    while (step := scene.advance()) is not None and step.is_finite:
        pass
    assert scene.latest.is_finite
    assert all(window.is_finite for window in scene.windows)
    assert scene.advance() is None


def test_a_scene_like_another_takes_over_floors_and_layout() -> None:
    config = RunConfig(hidden_size=2)
    scene = scene_after(0, config)
    other = scene_after(2, config, like=scene)
    assert other.floors is scene.floors
    assert other.layout is scene.layout
    assert other.latest.index == 2


def test_a_view_is_inspected_at_the_latest_step() -> None:
    scene = scene_after(3, RunConfig(hidden_size=4))
    cached = scene.inspect(view("state"), paused=True, controls=None)
    assert cached is not None
    assert cached.step == 3
    np.testing.assert_array_equal(cached.result.hidden, scene.hidden[-1])


def test_the_held_out_loss_is_that_of_the_present_step_while_paused() -> None:
    config = RunConfig(hidden_size=4)
    scene = scene_after(3, config)
    evaluation = scene.evaluation(paused=True)
    assert evaluation is not None
    assert evaluation.step == 3
    np.testing.assert_array_equal(evaluation.carried, evaluate(scene.trainer).carried)
    assert scene.evaluation(paused=True) is evaluation  # not computed again
    scene.advance()
    newer = scene.evaluation(paused=True)
    assert newer is not None
    assert newer.step == 4


def test_while_training_an_evaluation_is_kept_for_a_while() -> None:
    clock = Clock()
    scene = Scene(Trainer(RunConfig(hidden_size=4)), clock)
    scene.advance()
    first = scene.evaluation(paused=False)
    scene.advance()
    assert scene.evaluation(paused=False) is first
    clock.now += 0.6
    later = scene.evaluation(paused=False)
    assert later is not None
    assert later.step == 1


def test_many_runs_on_a_server_keep_their_evaluations_longer() -> None:
    clock = Clock()
    scene = Scene(Trainer(RunConfig(hidden_size=4)), clock)
    scene.advance()
    first = scene.evaluation(paused=False, active_runs=30)
    scene.advance()
    clock.now += 3.7
    assert scene.evaluation(paused=False, active_runs=30) is first
    clock.now += 0.2
    later = scene.evaluation(paused=False, active_runs=30)
    assert later is not None
    assert later.step == 1


def test_the_verdict_is_that_of_the_newest_evaluation_with_the_online_loss_of_then() -> None:
    scene = scene_after(3, RunConfig(hidden_size=4))
    assert scene.verdict is None
    assert scene.last_evaluation is None
    evaluation = scene.evaluation(paused=True)
    assert scene.last_evaluation is evaluation
    online = float(np.mean(scene.recent))
    assert evaluation is not None
    assert scene.verdict == judge(evaluation, scene.floors, online=online)
    scene.advance()
    assert scene.verdict.online == online


def test_after_divergence_the_last_evaluation_stays() -> None:
    scene = scene_after(0, RunConfig(optimizer="sgd", lr=1.0))
    before = scene.evaluation(paused=True)
    while (step := scene.advance()) is not None and step.is_finite:
        pass
    assert scene.evaluation(paused=True) is before
