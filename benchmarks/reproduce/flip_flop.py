"""Three bits held in sixteen units: does each cell learn it?"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import Plan, compare, fresh, scored, squared_error, train
from rnn_core import CELLS, RunConfig

_UPDATES = 3_000
_TEST_LENGTH = 640
# The source trains an LSTM.
_PUBLISHED = {"lstm": ("FixedPointFinder", "bits are held", Expected(low=0.99))}

_ABOUT = """\
Three bits to hold: 16 units, windows of 64 steps, pulses with probability 0.5, batches of 16, Adam
at 0.01 without clipping, 3,000 updates. Accuracy is the share of time steps at which all three bits
are right, on 64 new streams of 640 steps, each read from its beginning in one pass. Ours trains on
endless streams and carries the state from window to window; the source's windows are independent,
and its learning rate decays from 0.088.

Source: Golub and Sussillo's [FixedPointFinder](https://github.com/mattgolub/fixed-point-finder),
after Sussillo and Barak, "Opening the black box", Neural Computation 25 (2013). Neither gives a
figure; a stable point for each of the eight memories, which they show, means that bits are held."""


def run(plan: Plan) -> list[Row]:
    """Train the three cells and test them."""
    contenders = [
        RunConfig(
            task="flip_flop", cell=cell, window_length=64, batch_size=16, hidden_size=16, lr=0.01
        )
        for cell in ("lstm", "gru", "rnn")
    ]
    comparison = compare(contenders, plan)
    train(comparison, plan.of(_UPDATES), "flip-flop")
    batches = fresh(replace(contenders[0], window_length=_TEST_LENGTH), 1)
    accuracy = scored(comparison, batches, comparison.task.accuracy)
    loss = scored(comparison, batches, squared_error)
    rows = []
    for config, right, error in zip(contenders, accuracy, loss, strict=True):
        cell = CELLS[config.cell].title
        source, published, expected = _PUBLISHED.get(config.cell, ("", "", None))
        rows += [
            Row(source, f"{cell}: accuracy", published, right, expected),
            Row("", f"{cell}: mean squared error", "", error, form=".1e"),
        ]
    return rows


RESULT = Result("flip_flop", "3-bit flip-flop", _ABOUT, run)
