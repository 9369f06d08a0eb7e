from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.run import text as words
from dashboard.run.frame import Frame, StoppedEarly
from dashboard.run.live_run import LiveRun
from rnn_core import Estimate, Evaluation, Event, Floor, RunConfig, build_task, judge
from rnn_core.tasks.base import FloorKey


def frame(
    carried: float,
    config: RunConfig | None = None,
    *,
    reset: float = 0.4,
    online: float | None = None,
    **changes: object,
) -> Frame:
    """A frame whose held-out losses are these in every window."""
    config = config or RunConfig()
    made = LiveRun(config).frame()
    task = build_task(config)
    losses = np.full(10, carried), np.full(10, reset), np.full(10, reset)
    carries = config.carry_state and task.streaming
    if online is not None:  # right in the windows next to the training stream only
        losses[0][0] = losses[1][0] = online
    floors = task.floors()
    verdict = judge(Evaluation(0, 1, carries, *losses), floors, online=online)
    return replace(made, **{"verdict": verdict, "floors": floors, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("carried", "config", "said"),
    [
        (
            0.6,
            RunConfig(),
            "**No better than a constant so far** (held-out loss 0.60, floor 0.55)",
        ),
        (
            0.5,
            RunConfig(),
            "**Uses memory inside the window** (held-out loss 0.50 < 0.55)",
        ),
        (
            0.201,
            RunConfig(),
            "**Uses memory** (held-out loss 0.20 < 0.55) :small[Resetting the state raises it by "
            "0.20.]",
        ),
        (
            0.0412,
            RunConfig(),
            "**Carries memory across windows** (held-out loss 0.041 < 0.10) :small[Resetting the "
            "state raises it by 0.36.]",
        ),
        (
            0.3,
            RunConfig(task="mackey_glass", delay=1),
            "**No better than a constant so far** (held-out loss 0.30, floor ",
        ),
    ],
)
def test_the_verdict_names_the_floor_and_what_a_loss_below_it_shows(
    carried: float, config: RunConfig, said: str
) -> None:
    assert words.verdict(frame(carried, config)).startswith(said)


def test_a_run_that_resets_is_judged_by_its_reset_loss() -> None:
    made = frame(0.0, RunConfig(carry_state=False), reset=0.101)
    assert words.verdict(made) == (
        "**The best that memory inside a window can do** (held-out loss 0.10, floor 0.10)"
    )
    made = frame(0.0, RunConfig(carry_state=False), reset=0.3)
    assert words.verdict(made) == "**Uses memory inside the window** (held-out loss 0.30 < 0.55)"


def test_weights_that_follow_the_signal_are_all_that_is_said() -> None:
    made = frame(0.7, online=0.001, reset=0.7)
    assert words.verdict(made) == (
        "**The weights follow the signal** (online loss 0.0010, held-out loss 0.63): frozen, they "
        "lose it."
    )


def test_a_loss_below_the_linear_floor_says_of_how_many_inputs() -> None:
    linear = Floor("linear", 0.2, "measured", error=0.01, lags=20)
    made = frame(0.15)
    assert made.verdict is not None
    said = words.verdict(replace(made, verdict=replace(made.verdict, linear=linear)))
    assert "Also below 0.20, the best linear function of the last 20 inputs." in said


def test_the_nrmse_of_the_held_out_loss_stands_where_the_literature_uses_it() -> None:
    made = frame(0.3, RunConfig(task="mackey_glass", delay=1))
    assert made.target_variance == pytest.approx(0.0512, rel=0.01)
    assert "held-out NRMSE 2.421" in words.details(replace(made, target_variance=0.3 / 2.421**2))
    assert "NRMSE" not in words.details(replace(made, verdict=None))
    assert "NRMSE" not in words.details(frame(0.3))


def test_every_claim_has_its_sentence() -> None:
    made = frame(0.15)
    for claim in (*get_args(FloorKey), "nothing"):
        if claim == "linear":
            continue  # said beside the claim
        verdict = replace(made.verdict, claim=claim)  # type: ignore[type-var]
        assert "held-out loss 0.15" in words.verdict(replace(made, verdict=verdict))


def test_a_task_without_floors_shows_the_loss() -> None:
    made = frame(0.15)
    verdict = judge(Evaluation(0, 1, False, *[np.full(10, 0.15)] * 3), ())
    said = words.verdict(replace(made, verdict=verdict, floors=()))
    assert said == "Held-out loss 0.15; the task has no floors."


def test_the_verdict_says_its_age() -> None:
    made = frame(0.6)
    assert "steps ago" not in words.verdict(made)
    older = replace(made, step=replace(made.step, index=30), judged_at=12)
    assert words.verdict(older).endswith(" :small[(18 steps ago)]")


def test_without_an_evaluation_nothing_is_claimed() -> None:
    made = replace(frame(0.6), verdict=None)
    assert words.verdict(made) == ""
    assert words.held_out(made) == "–"
    assert words.held_out(frame(0.25)) == "0.25"


@pytest.mark.parametrize(
    ("config", "second"),
    [
        (RunConfig(optimizer="sgd", lr=1.0), "set **gradient clipping** to 1"),
        (RunConfig(optimizer="sgd", lr=1.0, clip_norm=5.0), "choose the **optimizer** adam"),
        (RunConfig(lr=1.0, clip_norm=5.0), "try a **new seed**"),
    ],
)
def test_divergence_suggests_two_things_that_are_not_done_already(
    config: RunConfig, second: str
) -> None:
    message = words.divergence(frame(1e30, config, diverged_at=17))
    assert "finite number at step 17" in message
    assert "lower the **learning rate** (it is 1; the task's default is 0.02)" in message
    assert second in message


def test_the_learning_rate_to_go_back_to_is_the_tasks_own() -> None:
    config = RunConfig(task="flip_flop", lr=1.0)
    message = words.divergence(frame(1e30, config, diverged_at=17))
    assert "(it is 1; the task's default is 0.01)" in message


@pytest.mark.parametrize(
    ("status", "start"),
    [
        (Status.READY, "This is the untrained network."),
        (Status.PLAYING, "Training."),
        (Status.PAUSED, "Paused at step 0."),
        (Status.AT_LIMIT, "Stopped at the step limit, 30."),
        (
            Status.STOPPED_EARLY,
            "Stopped early at step 420: no lower validation loss for 20 evaluations; lowest 0.12 "
            "at step 20.",
        ),
        (Status.IDLE, "Paused at step 0: the page was not used"),
        (Status.DIVERGED, "Stopped at step 17: the loss is no longer a finite number."),
    ],
)
def test_every_status_has_its_sentence(status: Status, start: str) -> None:
    early = StoppedEarly(420, 20, 20, 0.12)
    made = replace(frame(0.5), status=status, diverged_at=17, stopped_early=early)
    assert words.status(made, step_limit=30).startswith(start)


def test_an_early_stop_without_any_finite_loss_is_told() -> None:
    said = words.stopped_early(StoppedEarly(60, 4, None, math.inf))
    assert said == "Stopped early at step 60: no validation loss was a finite number."


def test_a_restart_names_what_changed() -> None:
    changes = {"hidden_size": (32, 64), "clip_norm": (None, 1.0), "carry_state": (True, False)}
    assert words.restarted(changes) == (
        "Started again from step 0: hidden_size 32 → 64, clip_norm off → 1, carry_state on → off."
    )


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            Event("floor", 40, 60, 0.6, 0.05, floor=Floor("window_memory", 0.1, "exact")),
            "step 40: below a floor (memory inside a window: 0.1)",
        ),
        (Event("spike", 7, 9, 0.01, 0.5), "step 7: spike to 0.5, from 0.01"),
        (Event("collapse", 7, 9, 0.01, 0.56), "step 7: collapse, from 0.01 to 0.56"),
        (Event("recovery", 7, 9, 0.5, 0.02), "step 7: recovery, from 0.5 to 0.02"),
        (Event("plateau", 7, 507, 0.31, 0.3), "step 7: plateau at 0.3"),
        (
            Event("divergence", 17, 17, 0.5, np.inf),
            "step 17: divergence: the loss is no longer a finite number",
        ),
        (
            Event("learning_rate", 7, 7, rates=(0.02, 0.001)),
            "step 7: learning rate 0.02 → 0.001",
        ),
        (Event("branch", 7, 7), "step 7: branch"),
    ],
)
def test_every_event_has_its_sentence(event: Event, said: str) -> None:
    assert words.event(event) == said


def test_the_moments_that_are_told_stand_in_one_line() -> None:
    told = Event("collapse", 7, 120, 0.01, 0.5), Event("spike", 50, 52, 0.01, 0.5)
    assert words.told_events(replace(frame(0.5), told=told)) == (
        ":small[:material/flag: step 7: collapse, from 0.01 to 0.5 · step 50: spike to 0.5, from "
        "0.01]"
    )


def test_before_there_is_a_moment_the_task_is_told_and_then_what_will_be() -> None:
    made = frame(0.5)
    assert "Input: sin t. Target: cos t." in words.told_events(made)
    later = replace(made, step=replace(made.step, index=3))
    assert "appear here" in words.told_events(later)


def test_a_diverged_run_is_called_so_until_one_looks_back() -> None:
    made = replace(frame(0.5), status=Status.DIVERGED, diverged_at=1)
    assert words.verdict(made).startswith("**Diverged**")
    assert words.verdict(replace(made, newest=5)).startswith("**Uses memory")


def test_of_many_changes_the_first_are_named() -> None:
    changes = {f"hidden_size{n}": (n, n + 1) for n in range(7)}
    assert words.restarted(changes).endswith("hidden_size2 2 → 3, 4 more.")


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (0.1961, "Does not beat persistence"),
        (0.1959, "Beats persistence, but not drift"),
        (0.0981, "Beats persistence, but not drift"),
        (0.0979, "Beats every naive forecast, drift included"),
    ],
)
def test_a_naive_forecast_is_beaten_by_two_percent_at_least(loss: float, said: str) -> None:
    values = {"constant": 0.9, "drift": 0.1, "persistence": 0.2, "seasonal": 0.5}
    floors = tuple(Floor(key, value, "exact") for key, value in values.items())
    verdict = SimpleNamespace(loss=Estimate(loss, loss, loss))
    frame: Any = SimpleNamespace(floors=floors, verdict=verdict)
    assert words._beside_naive_forecasts(frame).startswith(f"**{said}** (validation loss ")
