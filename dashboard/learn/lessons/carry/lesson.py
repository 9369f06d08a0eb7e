"""A reset state costs the first point of every window; a carried one must be detached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs, Trained
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Variant
from rnn_core import TASKS, RecurrentModel, RunConfig, build_task
from rnn_core.messages import N_, Message

_CARRIED = TASKS["sin_to_cos"].config(lr=0.001)
_RESET = replace(_CARRIED, carry_state=False)
_STEPS = 800


def error_without_detach(config: RunConfig) -> str:
    """What PyTorch says when the state is handed on with its history: the first sentence.

    Trains a network of its own for two windows, and raises nothing.
    """
    task, model = build_task(config), RecurrentModel(config)
    state = None
    try:
        for index in range(2):
            batch = task.batch(index, np.float32)
            prediction, state = model(torch.from_numpy(batch.inputs), state)  # not detached
            loss = torch.mean((prediction - torch.from_numpy(batch.targets)) ** 2)
            torch.autograd.backward(loss)
    except RuntimeError as error:
        return str(error).split(" (")[0]
    return ""


def error_by_place(run: Trained) -> tuple[float, float]:
    """Mean squared error at the first point of ten windows, and at the others, state reset."""
    errors = []
    for index in range(_STEPS, _STEPS + 10):
        window = run.trainer.task.batch(index, np.float32)
        prediction, _state = run.trainer.predict(window.inputs)
        errors.append((prediction - window.targets)[0, :, 0] ** 2)
    by_place = np.mean(errors, axis=0)
    return float(by_place[0]), float(by_place[1:].mean())


def _measure(runs: Runs) -> Outcome:
    reset, carried = (runs.train(config, _STEPS) for config in (_RESET, _CARRIED))
    inside = reset.floors["window_memory"].value
    loss = reset.held_out
    option = 2 if loss < inside / 2 else 1 if loss < 2 * inside else 0
    first, others = error_by_place(reset)
    return Outcome(
        option,
        Message(
            N_(
                "Held-out loss {reset:.3f} with the state reset, {carried:.2g} with the state "
                "carried; the floor of memory inside a window is {inside:.3f}."
            ),
            {"reset": loss, "carried": carried.held_out, "inside": inside},
        ),
        (
            (Message(N_("squared error at the first point of a window")), format(first, ".3g")),
            (Message(N_("squared error at the nine others, mean")), format(others, ".2g")),
            (
                Message(N_("carried without `detach()`, second window: RuntimeError")),
                error_without_detach(_CARRIED),
            ),
        ),
    )


LESSON = Lesson(
    number=4,
    key="carry",
    title=N_("Carry, detach, reset"),
    question=N_(
        "sin → cos in windows of ten points, half a period each. Every window starts from a state "
        "of zeros. How low does the held-out loss get?"
    ),
    options=(
        N_("To 0.55: without a carried state there is no memory"),
        N_("To 0.10: one point in ten stays unknowable"),
        N_("To 0: ten points are enough"),
    ),
    right=1,
    measure=_measure,
    variants=(
        Variant("reset", N_("state reset"), _RESET),
        Variant("carried", N_("state carried"), _CARRIED),
    ),
    steps=_STEPS,
    pace=10,
    view="memory",
    exercise=NumberExercise(
        N_(
            "Windows of six points, both ends included, again half a period long: sin t is 0 at "
            "the first point and cos t is 1 or −1. What is the floor with the state reset?"
        ),
        1 / 6,
        0.002,
        N_("One point in six is unknowable, and predicting 0 there costs 1: 1 / 6 = 0.167."),
    ),
    sources=(
        Source(
            "PyTorch-Tutorial #49: `h_state.data` or `None`?",
            "https://github.com/MorvanZhou/PyTorch-Tutorial/issues/49",
        ),
        Source(
            "PyTorch-Tutorial #68: what are time_step and batch?",
            "https://github.com/MorvanZhou/PyTorch-Tutorial/issues/68",
        ),
        Source(
            "pytorch-tutorial #90: language model detach(states)",
            "https://github.com/yunjey/pytorch-tutorial/issues/90",
        ),
        Source(
            "Williams and Peng, An efficient gradient-based algorithm for on-line training of "
            "recurrent network trajectories, Neural Computation 2 (1990)",
            "https://doi.org/10.1162/neco.1990.2.4.490",
        ),
    ),
    code=(
        "dashboard.learn.lessons.carry.lesson:error_without_detach",
        "rnn_core.engines.torch_engine:TorchEngine.advance",
    ),
)
