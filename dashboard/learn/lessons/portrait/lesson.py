"""The path of the hidden state: a loop that the input drives, and what is behind it."""

from __future__ import annotations

import numpy as np

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Variant
from rnn_core import TASKS
from rnn_core.diagnostics import find_fixed_points, principal_plane, unroll, weight_spectrum
from rnn_core.messages import N_, Message

_CONFIG = TASKS["sin_to_cos"].config(lr=0.001)
_STEPS = 600
# Windows that are read with frozen weights, and those of them in which the path is measured.
_WINDOWS, _MEASURED = 60, 20
# A closed path comes back to within this share of its diameter; a point's path is this short.
_CLOSED, _POINT = 0.05, 0.1


def _measure(runs: Runs) -> Outcome:
    run = runs.train(_CONFIG, _STEPS)
    trainer = run.trainer
    windows = [trainer.task.batch(_STEPS + n).inputs[0] for n in range(_WINDOWS)]
    inputs = np.concatenate(windows)
    length = trainer.config.window_length
    states = unroll(trainer.model, inputs, trainer.state).h[-1][1:]
    period = length * trainer.task.windows_per_cycle
    path = states[-_MEASURED * length :]
    diameter = 2 * float(np.linalg.norm(path - path.mean(axis=0), axis=1).max())
    back = float(np.linalg.norm(path[period:] - path[:-period], axis=1).max()) / max(diameter, 1e-9)
    option = 0 if diameter < _POINT else 1 if back < _CLOSED else 2
    before = weight_spectrum(runs.train(_CONFIG, 0).trainer.model)["h"]
    after = weight_spectrum(trainer.model)["h"]
    turning = after.eigenvalues[0][np.abs(after.eigenvalues[0].imag) > 1e-9]
    points = find_fixed_points(trainer.model, inputs[: 4 * length], trainer.state, patience=64)
    kinds = zip(points.kinds, points.fixed, strict=True)
    stable = [kind == "stable" for kind, fixed in kinds if fixed]
    rows: list[tuple[Message, Message | str]] = [
        (
            Message(N_("share of the state's variance in two directions")),
            format(float(principal_plane(path).explained.sum()), ".1%"),
        ),
        (
            Message(N_("spectral radius of W_hh, untrained and trained")),
            f"{before.radius[0]:.2f}, {after.radius[0]:.2f}",
        ),
        (
            Message(N_("fixed points with the input held at 0")),
            Message(
                N_("{count}, of which {stable} stable"),
                {"count": len(stable), "stable": sum(stable)},
            ),
        ),
    ]
    if len(turning):
        rows.insert(
            2,
            (
                Message(N_("angle of the largest complex eigenvalue, in degrees per step")),
                format(abs(float(np.degrees(np.angle(turning[0])))), ".0f"),
            ),
        )
    return Outcome(
        option,
        Message(
            N_(
                "One period later the state is back to within {back:.1e} of the path's diameter, "
                "which is {diameter:.1f}."
            ),
            {"back": back, "diameter": diameter},
        ),
        tuple(rows),
    )


LESSON = Lesson(
    number=9,
    key="portrait",
    title=N_("What the state looks like"),
    question=N_(
        "The network has learnt and its weights are frozen. Its state has 32 numbers. Along which "
        "path does it move while it reads on?"
    ),
    options=(
        N_("It settles at a point"),
        N_("Around a closed loop, once a period"),
        N_("It never comes back to where it was"),
    ),
    right=1,
    measure=_measure,
    variants=(Variant("loop", N_("state carried"), _CONFIG),),
    steps=_STEPS,
    pace=10,
    view="phase",
    exercise=NumberExercise(
        N_(
            "Near a fixed point the state turns by the angle of a complex eigenvalue at every "
            "step. Which angle, in degrees, makes one turn in 18 steps?"
        ),
        20,
        0.1,
        N_("360° / 18. The table with the result has the angle that training has found."),
    ),
    sources=(
        Source(
            "Sussillo and Barak, Opening the black box: low-dimensional dynamics in "
            "high-dimensional recurrent neural networks, Neural Computation 25 (2013)",
            "https://doi.org/10.1162/NECO_a_00409",
        ),
    ),
    code=(
        "rnn_core.diagnostics.trajectory:principal_plane",
        "rnn_core.diagnostics.fixed_points:find_fixed_points",
        "rnn_core.diagnostics.spectrum:weight_spectrum",
    ),
)
