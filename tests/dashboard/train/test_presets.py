"""What each experiment's sentence promises happens."""

from __future__ import annotations

import pytest

from dashboard.app.link import read_link
from dashboard.app.settings import table_of
from dashboard.run.views.registry import VIEWS
from dashboard.train.presets import PRESETS, Preset
from dashboard.train.settings import SETTINGS
from rnn_core import TASKS, Event, Events, Record, RunConfig, Trainer, build_task, run
from rnn_core.diagnostics import gradient_by_lag


def moments(record: Record) -> tuple[list[Event], bool]:
    """The run's events, and whether it ended collapsed."""
    events = Events(build_task(record.config).floors())
    losses = enumerate(map(float, record.curve.losses))
    return [event for step, loss in losses for event in events.add(step, loss)], events.collapsed


def test_the_first_preset_is_the_tutorials_run() -> None:
    assert next(iter(PRESETS.values())).config == RunConfig()


@pytest.mark.parametrize("key", ["following", "no_forecast"])
def test_the_weights_follow_the_signal_where_a_preset_says_so(key: str) -> None:
    record = run(PRESETS[key].config, 3000, engine="compiled")
    assert record.verdict.follows_signal
    assert record.verdict.claim == "nothing"
    lowest = min(floor.value for floor in record.floors if floor.value > 0)
    assert record.online_loss < lowest < record.evaluation.mean


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.key)
def test_a_presets_link_brings_back_its_run_and_its_view(preset: Preset) -> None:
    link = read_link(preset.parameters, table_of(SETTINGS))
    assert link.refusals == ()
    values = dict(link.values)
    assert values.pop("look", None) == preset.look
    assert TASKS[preset.task].config(**{"task": preset.task, **values}) == preset.config


def test_the_tutorials_run_learns_to_carry_memory_and_does_not_collapse_at_once() -> None:
    record = run(PRESETS["tutorial"].config, 1000, engine="compiled")
    assert record.verdict.claim == "carried_memory"
    assert {event.kind for event in moments(record)[0]} == {"floor"}


def test_the_gradient_vanishes_where_a_preset_says_so() -> None:
    trainer = Trainer(PRESETS["vanishing"].config, engine="compiled")
    for steps in (1, 500, 1500):
        losses = trainer.advance(steps).losses
        now = trainer.context()
        norms = gradient_by_lag(
            now.model,
            now.inputs,
            now.state,
            now.targets,
            criterion=now.criterion,
            loss_mask=now.loss_mask,
        ).norms["h"][0]
        # Halved with every lag it would be 6e-8.
        assert norms[24] < 1e-4 * norms[0]
        assert norms[12] < 1e-2 * norms[0]
    assert losses[-100:].mean() == pytest.approx(1.0, abs=0.02)


def test_presets_are_known_by_their_keys() -> None:
    assert all(key == preset.key for key, preset in PRESETS.items())


def test_a_reset_state_stops_at_the_floor_of_the_window() -> None:
    record = run(PRESETS["reset"].config, 1500, engine="compiled")
    assert record.verdict.claim == "window_memory"
    assert record.evaluation.mean == pytest.approx(0.1, abs=0.005)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_the_collapse_happens_at_about_step_180_with_either_engine(engine: str) -> None:
    record = run(PRESETS["collapse"].config, 1000, engine=engine)
    found, collapsed = moments(record)
    assert {event.floor.key for event in found if event.floor} >= {"window_memory"}
    (collapse,) = [event for event in found if event.kind == "collapse"]
    assert 150 < collapse.step < 200
    assert collapsed


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
