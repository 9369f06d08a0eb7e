"""The adding problem over 150 steps: ReLU units whose recurrent weights begin as the identity."""

from __future__ import annotations

from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import (
    TEST_BATCH,
    Plan,
    compare,
    fresh,
    scored,
    squared_error,
    training,
)
from rnn_core import RunConfig, equalise

_UPDATES, _SLOW_FROM = 10_000, 9_000
_TEST_SEQUENCES = 2_560
_SOURCE = "Le et al. 2015"

_ABOUT = """\
Mean squared error on 2,560 new sequences, on the scale of the section above; T = 150, batches of
16, Adam at 0.001, a tenth of that for the last 1,000 of 10,000 updates, gradient norm clipped at
0.1. This is a small budget: 40 units and 160,000 sequences. *IRNN* is an RNN of ReLU units whose
recurrent matrix begins as the identity, with input weights of standard deviation 0.001 and biases
of 0. The LSTM has as many parameters, and forget bias 1; the RNN is PyTorch's, with tanh. A
constant has an error of 0.667; agreement is a tenth of that.

Source: Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified linear
units" (2015), arXiv:1504.00941. The claim is that of its abstract, for four benchmarks, of which
adding is one; more of the text we could not read."""


def run(plan: Plan) -> list[Row]:
    """Train the IRNN, an LSTM of its size and an RNN, and test them."""
    common = RunConfig(
        task="adding",
        cell="rnn_relu",
        initialisation="identity",
        window_length=150,
        hidden_size=40,
        batch_size=16,
        lr=0.001,
        clip_norm=0.1,
    ).to_dict()
    irnn = RunConfig(**common)
    lstm, rnn = (
        RunConfig(**{**common, "cell": cell, "initialisation": "pytorch", "forget_bias": 1.0})
        for cell in ("lstm", "rnn")
    )
    contenders = equalise([irnn, lstm, rnn])
    comparison = compare(contenders, plan)
    for step in training(comparison, plan.of(_UPDATES), "IRNN"):
        if step.index == plan.of(_SLOW_FROM):
            for n, config in enumerate(contenders):
                comparison.set_lr(n, config.lr / 10)
    batches = fresh(contenders[0], plan.of(_TEST_SEQUENCES // TEST_BATCH))
    errors = scored(comparison, batches, squared_error)
    of_irnn, of_lstm, of_rnn = errors
    sizes = [config.hidden_size for config in contenders]
    return [
        Row(
            _SOURCE,
            f"IRNN, {sizes[0]} units",
            "comparable to LSTM",
            of_irnn,
            Expected(high=0.0667, of="median"),
        ),
        Row("", f"LSTM, {sizes[1]} units", "", of_lstm),
        Row("", f"RNN, {sizes[2]} units", "", of_rnn),
    ]


RESULT = Result("irnn", "Adding problem with IRNN", _ABOUT, run)
