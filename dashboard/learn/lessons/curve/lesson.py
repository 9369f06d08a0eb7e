"""A loss curve on noise-free data: spikes, a median, floors, a logarithmic axis."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Variant
from rnn_core import TASKS
from rnn_core.messages import N_, Message

_CONFIG = TASKS["sin_to_cos"].config(lr=0.005)
_STEPS = 800
# By then the network has learnt. A spike is measured against the median of so many steps before.
_LEARNT, _BEFORE = 200, 50


def highest_spike(losses: NDArray[np.float64], since: int) -> tuple[int, float]:
    """The step whose loss exceeds the median of the 50 steps before it most, and the factor.

    Args:
        losses: of steps 0, 1, 2 …
        since: the first step that counts, at least 50.
    """
    before = sliding_window_view(losses, _BEFORE)[since - _BEFORE : -1]
    factors = losses[since:] / np.median(before, axis=1)
    return since + int(factors.argmax()), float(factors.max())


def _measure(runs: Runs) -> Outcome:
    run = runs.train(_CONFIG, _STEPS)
    step, factor = highest_spike(run.losses, _LEARNT)
    option = 2 if factor > 10 else 1 if factor > 2 else 0
    late = run.losses[_LEARNT:]
    inside = run.floors["window_memory"].value
    return Outcome(
        option,
        Message(
            N_(
                "The highest spike is at step {step}: loss {loss:.2g}, {factor:.3g} times the "
                "median of the 50 steps before."
            ),
            {"step": step, "loss": float(run.losses[step]), "factor": factor},
        ),
        (
            (
                Message(N_("share of these steps above the floor 0.10")),
                format(float(np.mean(late > inside)), ".1%"),
            ),
            (Message(N_("held-out loss at the end")), format(run.held_out, ".2g")),
        ),
    )


LESSON = Lesson(
    number=5,
    key="curve",
    title=N_("Reading a loss curve"),
    question=N_(
        "There is no noise in these data, and by step 200 the network has learnt. From there to "
        "step 800, how far does the highest spike rise above the median of the 50 steps before it?"
    ),
    options=(
        N_("At most to twice the median: without noise the curve is smooth"),
        N_("To two to ten times the median"),
        N_("To more than ten times the median"),
    ),
    right=2,
    measure=_measure,
    variants=(Variant("slower", N_("learning rate 0.005"), _CONFIG),),
    steps=_STEPS,
    pace=10,
    view="slow",
    exercise=NumberExercise(
        N_(
            "On a logarithmic axis a loss falls in a straight line from 1 at step 0 to 0.1 at step "
            "100. If it goes on like this, what is it at step 300?"
        ),
        0.001,
        0.0001,
        N_(
            "A straight line on a logarithmic axis divides by the same factor in the same time: by "
            "10 in every 100 steps."
        ),
    ),
    sources=(
        Source(
            "Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015, arXiv:1412.6980",
            "https://arxiv.org/abs/1412.6980",
        ),
        Source(
            "Cohen et al., Adaptive gradient methods at the edge of stability, arXiv:2207.14484",
            "https://arxiv.org/abs/2207.14484",
        ),
    ),
    code=("rnn_core.training.trainer:Trainer.steps", "rnn_core.training.evaluation:evaluate"),
)
