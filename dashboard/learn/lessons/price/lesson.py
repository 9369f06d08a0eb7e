"""The adding problem at equal parameters, five seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Variant
from rnn_core import CELLS, TASKS, Comparison, RunConfig
from rnn_core.messages import N_, Message

_LSTM = TASKS["adding"].config(
    cell="lstm", hidden_size=8, window_length=20, batch_size=8, lr=0.01, clip_norm=1.0
)
# Between 361 and 393 parameters each.
_RNN = replace(_LSTM, cell="rnn", hidden_size=17)
_GRU = replace(_LSTM, cell="gru", hidden_size=9)
_STEPS, _SEEDS = 1000, 5
# More time and a lower rate for the RNN.
_SLOW, _LONGER = replace(_RNN, lr=0.003), 3000
#: The held-out loss below which the problem counts as solved. A constant has 0.667.
SOLVED = 0.1


def held_out(
    runs: Runs, contenders: list[RunConfig], steps: int
) -> tuple[Comparison, NDArray[np.float64]]:
    """The contenders after training on five seeds, and their held-out losses, ``(C, 5)``."""
    comparison = Comparison(contenders, runs.seeds(_SEEDS), engine=runs.engine)
    for step in comparison.steps():
        if step.index == steps:
            break
    return comparison, comparison.held_out().losses


def _told(losses: NDArray[np.float64]) -> Message:
    """The median loss over the seeds, and how many of them solve the problem."""
    return Message(
        N_("loss {loss:.2g}, solved with {count}/{seeds} seeds"),
        {
            "loss": float(np.median(losses)),
            "count": int((losses < SOLVED).sum()),
            "seeds": len(losses),
        },
    )


def _measure(runs: Runs) -> Outcome:
    contenders = [_RNN, _LSTM, _GRU]
    comparison, losses = held_out(runs, contenders, _STEPS)
    _slow, later = held_out(runs, [_SLOW], _LONGER)
    solved = (losses < SOLVED).sum(axis=1)
    most = solved > _SEEDS // 2
    option = 0 if most.all() else 1 if not most[0] and most[1:].any() else 2
    rows: list[tuple[Message, Message | str]] = [
        (
            Message(
                N_("{cell}, {units} units, {parameters} parameters"),
                {
                    "cell": CELLS[config.cell].title,
                    "units": config.hidden_size,
                    "parameters": count,
                },
            ),
            _told(each),
        )
        for config, count, each in zip(contenders, comparison.parameter_counts, losses, strict=True)
    ]
    rows.append((Message(N_("RNN, lr 0.003, {steps} steps"), {"steps": _LONGER}), _told(later[0])))
    return Outcome(
        option,
        Message(
            N_(
                "Of five networks each, {rnn} RNNs, {lstm} LSTMs and {gru} GRUs got below "
                "{solved}; a constant has {constant:.3f}."
            ),
            {
                "rnn": int(solved[0]),
                "lstm": int(solved[1]),
                "gru": int(solved[2]),
                "solved": SOLVED,
                "constant": 2 / 3,
            },
        ),
        tuple(rows),
    )


LESSON = Lesson(
    number=8,
    key="price",
    title=N_("When does an LSTM earn its price?"),
    question=N_(
        "Adding problem: two of 20 numbers are marked, and the last output is to be their sum. "
        "RNN, LSTM and GRU have as many parameters, the same learning rate, 1,000 updates and five "
        "seeds each. Which solve it with most seeds?"
    ),
    options=(
        N_("All three: 20 steps are not many"),
        N_("The LSTM or the GRU, not the RNN"),
        N_("None of them within 1,000 updates"),
    ),
    right=1,
    measure=_measure,
    variants=(
        Variant("lstm", "LSTM", _LSTM),
        Variant("gru", "GRU", _GRU),
        Variant("rnn", "RNN", _RNN),
    ),
    steps=_STEPS,
    pace=10,
    view="gradient",
    exercise=NumberExercise(
        N_(
            "The tutorial's RNN has one input, 32 units and one output: 1,153 parameters. An LSTM "
            "with H units has 4 H² + 13 H + 1. Which whole number H comes closest to 1,153?"
        ),
        15,
        0,
        N_(
            "H = 15 gives 1,096, H = 16 gives 1,233. Half the units are the price of four blocks "
            "of weights in place of one."
        ),
    ),
    sources=(
        Source(
            "Hochreiter and Schmidhuber, Long short-term memory, experiment 4, Neural Computation "
            "9 (1997)",
            "https://doi.org/10.1162/neco.1997.9.8.1735",
        ),
        Source(
            "Collins, Sohl-Dickstein and Sussillo, Capacity and trainability in recurrent neural "
            "networks, ICLR 2017, arXiv:1611.09913",
            "https://arxiv.org/abs/1611.09913",
        ),
    ),
    code=(
        "rnn_core.tasks.sequences:Adding.batch",
        "rnn_core.experiments.comparison:equalise",
        "rnn_core.experiments.ranking:rank",
    ),
    seeds=_SEEDS,
)
