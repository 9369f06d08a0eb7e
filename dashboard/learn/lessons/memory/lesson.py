"""With recurrent weights the network tells the rising sine from the falling one."""

from __future__ import annotations

import math

import numpy as np

from dashboard.app.source import TUTORIAL, Source
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import (
    Lesson,
    NumberExercise,
    Outcome,
    Variant,
    predictions_at,
)
from rnn_core import TASKS
from rnn_core.messages import N_, Message

_RISING, _FALLING = 3, 6
_CONFIG = TASKS["sin_to_cos"].config(lr=0.001)
_STEPS = 400


def _measure(runs: Runs) -> Outcome:
    run = runs.train(_CONFIG, _STEPS)
    loss = run.held_out
    memoryless, inside = run.floors["memoryless"].value, run.floors["window_memory"].value
    option = 0 if loss > 0.9 * memoryless else 1 if loss >= inside else 2
    window = run.trainer.task.batch(_STEPS, np.float32)
    prediction, _state = run.trainer.predict(window.inputs, run.trainer.state)
    return Outcome(
        option,
        Message(
            N_(
                "Held-out loss {loss:.2g}, against {memoryless:.3g} without memory. A reset of "
                "the state raises it by {gain:.2g}."
            ),
            {
                "loss": loss,
                "memoryless": memoryless,
                "gain": run.evaluation.memory_gain.mean,
            },
        ),
        predictions_at(window, prediction, (_RISING, _FALLING)),
    )


LESSON = Lesson(
    number=2,
    key="memory",
    title=N_("Giving it a memory"),
    question=N_(
        "The same network, with one change: its hidden state is fed back, so that S(t) and x(t+1) "
        "give S(t+1). How low does the loss get within 400 updates?"
    ),
    options=(
        N_("It stays near 0.55"),
        N_("Below 0.55, but not below 0.10"),
        N_("Below 0.10"),
    ),
    right=2,
    measure=_measure,
    variants=(Variant("memory", N_("with memory"), _CONFIG),),
    steps=_STEPS,
    pace=5,
    view="unrolled",
    exercise=NumberExercise(
        N_(
            "A network with a single unit: S(t+1) = tanh(1 · x(t+1) + 0.5 · S(t)). S(0) = 0, and "
            "the inputs are x(1) = 0.5 and x(2) = 0.5. What is S(2)?"
        ),
        math.tanh(0.5 + 0.5 * math.tanh(0.5)),
        0.005,
        N_("S(1) = tanh(0.5) = 0.462, so S(2) = tanh(0.5 + 0.231) = 0.624. The input is the same."),
    ),
    sources=(
        TUTORIAL,
        Source(
            "Werbos, Backpropagation through time: what it does and how to do it, Proc. IEEE 78 "
            "(1990)",
            "https://doi.org/10.1109/5.58337",
        ),
    ),
    code=("rnn_core.cells.rnn:RNN.step", "rnn_core.models:RecurrentModel.forward"),
)
