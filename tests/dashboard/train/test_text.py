from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.app.playback import Status
from dashboard.train import text as words
from dashboard.train.live_run import Frame, LiveRun
from rnn_core import RunConfig, build_task


def frame(loss: float, config: RunConfig | None = None, **changes: object) -> Frame:
    config = config or RunConfig()
    made = LiveRun(config).frame()
    floors = build_task(config).floors()
    return replace(
        made,
        recent_loss=loss,
        recent_steps=20,
        floors=floors,
        **changes,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("loss", "config", "meaning"),
    [
        (0.6, RunConfig(), "not below 0.55: a constant would do as well."),
        (0.54, RunConfig(), "below 0.55: it uses memory inside the window."),
        (0.101, RunConfig(), "below 0.55: it uses memory inside the window."),
        (0.0412, RunConfig(), "below 0.1: it carries memory across windows."),
        (
            0.101,
            RunConfig(carry_state=False),
            "at 0.1, the best that memory inside a window can do: the state is reset between "
            "windows.",
        ),
        (
            0.3,
            RunConfig(phase=0.3),
            "below 0.541: better than any constant; a function of the present input alone could do "
            "as well.",
        ),
    ],
)
def test_the_verdict_names_the_floor_that_was_passed_and_what_it_shows(
    loss: float, config: RunConfig, meaning: str
) -> None:
    assert words.verdict(frame(loss, config)).endswith(meaning)


def test_the_verdict_says_what_it_averages() -> None:
    assert words.verdict(frame(0.0412)).startswith("Mean of the last 20 steps 0.0412: ")


def test_no_verdict_is_given_on_a_few_lucky_steps() -> None:
    run = LiveRun(RunConfig(), clock=lambda: 0.0)
    assert words.verdict(run.frame()).startswith("The verdict comes with step 19")
    run.play()
    run.tick(18, 100)
    assert words.verdict(run.frame()).startswith("The verdict comes with step 19")
    run.tick(1, 100)
    assert words.verdict(run.frame()).startswith("Mean of the last 20 steps")


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
        (Status.IDLE, "Paused at step 0: the page was not used"),
        (Status.DIVERGED, "Stopped at step 17: the loss is no longer a finite number."),
    ],
)
def test_every_status_has_its_sentence(status: Status, start: str) -> None:
    made = replace(frame(0.5), status=status, diverged_at=17)
    assert words.status(made, step_limit=30).startswith(start)


def test_a_restart_names_what_changed() -> None:
    changes = {"hidden_size": (32, 64), "clip_norm": (None, 1.0), "carry_state": (True, False)}
    assert words.restarted(changes) == (
        "Started again from step 0: hidden_size 32 → 64, clip_norm off → 1, carry_state on → off"
    )
