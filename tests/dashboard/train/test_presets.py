from __future__ import annotations

import pytest

from dashboard.run.views.registry import VIEWS
from dashboard.train.presets import PRESETS
from rnn_core import Events, RunConfig, build_task, run


def test_the_first_preset_is_the_tutorials_run() -> None:
    assert next(iter(PRESETS.values())).config == RunConfig()


@pytest.mark.parametrize("key", ["following", "no_forecast"])
def test_the_weights_follow_the_signal_where_a_preset_says_so(key: str) -> None:
    record = run(PRESETS[key].config, 3000, engine="compiled")
    assert record.verdict.follows_signal
    assert record.verdict.claim == "nothing"
    lowest = min(floor.value for floor in record.floors if floor.value > 0)
    assert record.online_loss < lowest < record.evaluation.mean


def test_presets_are_known_by_their_keys() -> None:
    assert all(key == preset.key for key, preset in PRESETS.items())


def test_a_reset_state_stops_at_the_floor_of_the_window() -> None:
    record = run(PRESETS["reset"].config, 1500, engine="compiled")
    assert record.verdict.claim == "window_memory"
    assert record.evaluation.mean == pytest.approx(0.1, abs=0.005)


def test_the_collapse_happens_within_some_hundred_steps_and_lasts() -> None:
    losses = run(PRESETS["collapse"].config, 1000, engine="compiled").curve.losses
    events = Events(build_task(PRESETS["collapse"].config).floors())
    found = [event for step, loss in enumerate(losses) for event in events.add(step, float(loss))]
    (collapse,) = [event for event in found if event.kind == "collapse"]
    assert 100 < collapse.step < 800
    assert events.collapsed


def test_divergence_comes_soon() -> None:
    record = run(PRESETS["divergence"].config, 500, engine="compiled")
    assert record.diverged
    assert len(record) < 100


def test_an_lstm_with_open_forget_gates_recalls_what_an_rnn_does_not() -> None:
    forgets, recalls = (
        run(PRESETS[key].config, 2000, engine="compiled").verdict
        for key in ("vanishing", "remembers")
    )
    assert forgets.claim == "nothing"
    assert recalls.claim == "memoryless"
    assert recalls.loss.high < 0.7 < forgets.loss.low


def test_the_views_exist() -> None:
    assert all(preset.look is None or preset.look in VIEWS for preset in PRESETS.values())
