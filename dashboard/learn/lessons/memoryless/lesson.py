"""Without memory the loss cannot fall below 0.55: one input, two answers."""

from __future__ import annotations

import numpy as np
import torch

from dashboard.app.source import TUTORIAL, Source
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import (
    Lesson,
    NumberExercise,
    Outcome,
    Variant,
    predictions_at,
)
from rnn_core import TASKS, Trainer
from rnn_core.messages import N_, Message

# Two points of a window with the same sine: 60° and 120°.
_RISING, _FALLING = 3, 6
_CONFIG = TASKS["sin_to_cos"].config(lr=0.001)
_STEPS = 300


def without_memory(trainer: Trainer) -> None:
    """Fix the recurrent weights at 0: the state depends on the present input alone."""
    weight = trainer.model.get_parameter("rnn.weight_hh_l0")
    with torch.no_grad():
        weight.zero_()
    weight.requires_grad_(False)


def _measure(runs: Runs) -> Outcome:
    run = runs.train(_CONFIG, _STEPS, prepare=without_memory)
    loss, floor = run.held_out, run.floors["memoryless"].value
    option = 1 if loss > 0.9 * floor else 0 if loss < 0.1 else 2
    window = run.trainer.task.batch(0, np.float32)
    prediction, _state = run.trainer.predict(window.inputs)
    return Outcome(
        option,
        Message(
            N_("Held-out loss {loss:.4g}; always predicting 0 gives {floor:.4g}."),
            {"loss": loss, "floor": floor},
        ),
        predictions_at(window, prediction, (_RISING, _FALLING)),
    )


LESSON = Lesson(
    number=1,
    key="memoryless",
    title=N_("One network for each data point"),
    question=N_(
        "A network sees the present value of sin t and nothing else. It is to predict cos t. How "
        "low can its mean squared error get?"
    ),
    options=(
        N_("To 0: cos t is a function of sin t"),
        N_("To 0.55: no better than always predicting 0"),
        N_("Somewhere between"),
    ),
    right=1,
    measure=_measure,
    variants=(Variant("memoryless", N_("no memory"), _CONFIG, without_memory),),
    steps=_STEPS,
    pace=5,
    view="unrolled",
    exercise=NumberExercise(
        N_(
            "The wave is made twice as high: 2 sin t in, 2 cos t out. What is the lowest loss of a "
            "network without memory now?"
        ),
        2.2,
        0.005,
        N_("The error doubles at every point, so its square is four times as large: 4 · 0.55."),
    ),
    sources=(
        TUTORIAL,
        Source(
            "Elman, Finding structure in time, Cognitive Science 14 (1990)",
            "https://doi.org/10.1207/s15516709cog1402_1",
        ),
    ),
    code=(
        "rnn_core.tasks.sin_to_cos:SinToCos.floors",
        "dashboard.learn.lessons.memoryless.lesson:without_memory",
    ),
)
