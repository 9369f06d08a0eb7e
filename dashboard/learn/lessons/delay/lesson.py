"""Recall over a growing delay, at equal parameters: which cell is the last to learn it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.app.source import Source
from dashboard.charts.base import Chart
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Picture, Variant
from dashboard.learn.lessons.delay.chart import chart, results
from rnn_core import CELLS, TASKS, Comparison, RunConfig
from rnn_core.messages import N_, Message

DELAY = 16
# As many units as 1,500 parameters give each cell, and its best learning rate in the sweep.
_RNN = TASKS["delayed_recall"].config(
    cell="rnn", hidden_size=36, delay=DELAY, window_length=80, lr=0.01
)
_LSTM = replace(_RNN, cell="lstm", hidden_size=17, lr=0.003)
_GRU = replace(_RNN, cell="gru", hidden_size=20, lr=0.003)
CELLS_TRIED = (_RNN, _LSTM, _GRU)
_STEPS, _SEEDS = 2000, 5
#: The held-out loss below which a cell recalls the bit. Guessing has 1.
RECALLED = 0.01


def held_out(
    contenders: tuple[RunConfig, ...], seeds: tuple[int, ...], engine: str
) -> NDArray[np.float64]:
    """Held-out losses after as many steps as in the sweep, ``(C, S)``.

    Args:
        contenders: trained in lockstep.
        seeds: of each.
        engine: as in `Trainer`.
    """
    comparison = Comparison(list(contenders), seeds, engine=engine)
    for step in comparison.steps():
        if step.index == _STEPS - 1:
            break
    losses: NDArray[np.float64] = comparison.held_out().losses
    return losses


def _measure(runs: Runs) -> Outcome:
    losses = held_out(CELLS_TRIED, runs.seeds(_SEEDS), runs.engine)
    medians = np.median(losses, axis=1)
    rnn, lstm, gru = medians < RECALLED
    option = 0 if rnn and not lstm and not gru else 2 if rnn and lstm and gru else 1
    return Outcome(
        option,
        Message(
            N_(
                "Medians of five held-out losses at a delay of {delay}: RNN {rnn:.2g}, LSTM "
                "{lstm:.2g}, GRU {gru:.2g}; guessing has 1."
            ),
            {
                "delay": DELAY,
                "rnn": float(medians[0]),
                "lstm": float(medians[1]),
                "gru": float(medians[2]),
            },
        ),
        tuple(
            (
                Message(
                    N_("{cell}, {units} units: held-out loss, lowest to highest"),
                    {"cell": CELLS[config.cell].title, "units": config.hidden_size},
                ),
                f"{each.min():.2g} – {each.max():.2g}",
            )
            for config, each in zip(CELLS_TRIED, losses, strict=True)
        ),
    )


def _picture() -> Chart:
    return chart(results())


LESSON = Lesson(
    number=12,
    key="delay",
    title=N_("At which delay does each cell stop learning?"),
    question=N_(
        "A random bit comes at every sample, and the output is to be the bit 16 samples ago. RNN, "
        "LSTM and GRU have at most 1,500 parameters, their best learning rate, 2,000 updates and "
        "five seeds each. Which of them learn it?"
    ),
    options=(
        N_("Only the RNN"),
        N_("The LSTM or the GRU, which are made for long delays"),
        N_("All three: 16 samples are not many"),
    ),
    right=0,
    measure=_measure,
    variants=(
        Variant("rnn", N_("RNN, 36 units"), _RNN),
        Variant("lstm", N_("LSTM, 17 units"), _LSTM),
        Variant("gru", N_("GRU, 20 units"), _GRU),
    ),
    steps=_STEPS,
    pace=20,
    view="gradient",
    exercise=NumberExercise(
        N_(
            "To recall every bit 16 samples later, the state must tell apart all that the last 16 "
            "bits can be. How many contents is that?"
        ),
        2**DELAY,
        0,
        N_(
            "2¹⁶ = 65,536, and with every further sample of delay twice as many. A longer delay is "
            "not only a longer way back: more must be kept at once."
        ),
    ),
    sources=(
        Source(
            "Jaeger, Short term memory in echo state networks, GMD report 152 (2001)",
            "https://www.ai.rug.nl/minds/uploads/STMEchoStatesTechRep.pdf",
        ),
        Source(
            "Collins, Sohl-Dickstein and Sussillo, Capacity and trainability in recurrent neural "
            "networks, ICLR 2017, arXiv:1611.09913",
            "https://arxiv.org/abs/1611.09913",
        ),
        Source(
            "Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997)",
            "https://doi.org/10.1162/neco.1997.9.8.1735",
        ),
    ),
    code=(
        "rnn_core.tasks.recall:DelayedRecall",
        "rnn_core.models:parameter_count",
        "dashboard.learn.lessons.delay.lesson:held_out",
        "dashboard.learn.lessons.delay.chart:best",
    ),
    seeds=_SEEDS,
    picture=Picture(
        _picture,
        N_(
            "What you watched is one column of this picture: 270 networks, three cells, six "
            "delays, three learning rates, five seeds. Large dots are medians at the best rate, "
            "small ones the seeds. `python -m rnn_core sweep examples/delay_by_cell.toml` trains "
            "all of them again, in about two minutes."
        ),
        "task=delayed_recall&window_length=80&seed=0&vary=cell:rnn,lstm,gru;"
        "delay:2,4,8,12,16,20;lr:0.003,0.01,0.03&sweep_steps=2000&sweep_seeds=5"
        "&sweep_parameters=1500",
    ),
)
