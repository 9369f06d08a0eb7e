"""Gradients against lag before any training: RNN, LSTM, GRU, and the forget gate's bias."""

from __future__ import annotations

from dataclasses import replace

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs, Trained
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Variant
from rnn_core import CELLS, TASKS
from rnn_core.diagnostics import gradient_by_lag
from rnn_core.messages import N_, Message

_RNN = TASKS["sin_to_cos"].config(window_length=20)
_LSTM, _GRU = replace(_RNN, cell="lstm"), replace(_RNN, cell="gru")
_BIASED = replace(_LSTM, forget_bias=1.0)
# The share of the gradient that must arrive at the window's first point.
_SHARE = 1e-3


def arriving(run: Trained) -> float:
    """The gradient's norm at the window's first time step, as a share of that at the last.

    Of an LSTM's two state parts the one through which more arrives.
    """
    now = run.trainer.context()
    found = gradient_by_lag(now.model, now.inputs, now.state, now.targets)
    return max(float(norms[-1, -2] / norms[-1, 0]) for norms in found.norms.values())


def _measure(runs: Runs) -> Outcome:
    shares = [arriving(runs.train(config, 0)) for config in (_RNN, _LSTM, _GRU)]
    biased = arriving(runs.train(_BIASED, 0))
    reached = sum(share > _SHARE for share in shares)
    option = 2 if reached == 0 else 1 if reached == len(shares) else 0
    rows: list[tuple[Message, Message | str]] = [
        (Message("{cell}", {"cell": CELLS[config.cell].title}), format(share, ".1e"))
        for config, share in zip((_RNN, _LSTM, _GRU), shares, strict=True)
    ]
    rows.append((Message(N_("LSTM, forget-gate bias 1")), format(biased, ".1e")))
    return Outcome(
        option,
        Message(
            N_(
                "19 steps back {reached} of 3 networks keep more than a thousandth of the "
                "gradient. With a forget-gate bias of 1 the LSTM keeps {factor:.0f} times as much "
                "as without."
            ),
            {"reached": reached, "factor": biased / shares[1]},
        ),
        tuple(rows),
    )


LESSON = Lesson(
    number=7,
    key="vanishing",
    title=N_("Vanishing gradients"),
    question=N_(
        "Untrained networks, initialised by PyTorch, read 20 points. In which of them does more "
        "than a thousandth of the last loss's gradient arrive at the first point?"
    ),
    options=(
        N_("In the LSTM or the GRU, not in the RNN"),
        N_("In all three"),
        N_("In none of the three"),
    ),
    right=2,
    measure=_measure,
    variants=(
        Variant("rnn", "RNN", _RNN),
        Variant("lstm", "LSTM", _LSTM),
        Variant("gru", "GRU", _GRU),
        Variant("biased", N_("LSTM, forget-gate bias 1"), _BIASED),
    ),
    steps=0,
    pace=1,
    view="gradient",
    exercise=NumberExercise(
        N_(
            "An untrained LSTM has forget gates near σ(b), where b is their bias. With b = 1, what "
            "share of the cell state is left after ten steps? (σ(1) = 0.731)"
        ),
        0.731**10,
        0.002,
        N_("0.731¹⁰ = 0.044. With b = 0 it is 0.5¹⁰ = 0.001, less than the RNN keeps."),
    ),
    sources=(
        Source(
            "Bengio, Simard and Frasconi, Learning long-term dependencies with gradient descent is "
            "difficult, IEEE Trans. Neural Networks 5 (1994)",
            "https://doi.org/10.1109/72.279181",
        ),
        Source(
            "Gers, Schmidhuber and Cummins, Learning to forget: continual prediction with LSTM, "
            "Neural Computation 12 (2000)",
            "https://doi.org/10.1162/089976600300015015",
        ),
        Source(
            "Jozefowicz, Zaremba and Sutskever, An empirical exploration of recurrent network "
            "architectures, ICML 2015",
            "https://proceedings.mlr.press/v37/jozefowicz15.html",
        ),
    ),
    code=("rnn_core.diagnostics.gradients:gradient_by_lag",),
)
