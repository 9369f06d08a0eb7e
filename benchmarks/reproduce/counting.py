"""a^n b^n, trained on n up to 10: how far does each cell count?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import Plan, compare, prediction, train
from rnn_core import CELLS, Batch, RecurrentModel, RunConfig, build_task
from rnn_core.tasks.counting import strings

_UPDATES = 4_000
_LONGEST = 100
_NETWORKS = (("lstm", 2), ("lstm", 10), ("gru", 2), ("gru", 10), ("rnn", 2), ("rnn", 10))

_MORE_UPDATES = 16_000
_WHY_NOT = """\
PyTorch's LSTM has no peephole connections, through which a gate would see the count itself. Ours
learns from the next symbol, the source's from all symbols that are possible next. Four times the
updates improve it (next row), except for a seed that never learns to count."""

_ABOUT = """\
The largest n up to 100 such that all a^n b^n from n = 1 to n are right. A string is right when the
first a, every b after the first, and the end are predicted. Trained on n from 1 to 10, one string
per update, Adam at 0.01, gradient norm clipped at 1, 4,000 updates, forget bias 1.

Sources: [cybertronai/schmidhuber-problems](https://github.com/cybertronai/schmidhuber-problems)
after Gers and Schmidhuber, IEEE Transactions on Neural Networks 12 (2001), whose LSTM has peephole
connections and learns all symbols that are possible next; Edwin Chen, "Exploring LSTMs" (2017), one
LSTM; Weiss, Goldberg and Yahav, "On the practical computational power of finite precision RNNs for
language recognition", ACL 2018, arXiv:1805.04908, which says that LSTMs count and GRUs do not."""


def every_string(config: RunConfig, longest: int) -> Batch:
    """The strings with n = 1 … ``longest``, one per row."""
    length = 2 * longest + 1
    inputs, targets, loss_mask = strings(np.arange(1, longest + 1), length, 2)
    one_hot = np.eye(3, dtype=np.float32)
    return Batch(
        np.broadcast_to(np.arange(length, dtype=np.float64), inputs.shape),
        one_hot[inputs] * loss_mask[:, :, None],
        one_hot[targets] * loss_mask[:, :, None],
        loss_mask,
    )


def reach(model: RecurrentModel, config: RunConfig, batch: Batch) -> int:
    """The largest n such that all strings up to it are right; 0 if n = 1 is wrong.

    Args:
        batch: as `every_string` gives it.
    """
    task = build_task(replace(config, window_length=batch.time.shape[1]))
    said = prediction(model, batch)
    for row in range(len(said)):
        one = slice(row, row + 1)
        assert batch.loss_mask is not None
        string = Batch(batch.time[one], batch.inputs[one], batch.targets[one], batch.loss_mask[one])
        if task.accuracy(string, said[one]) != 1:
            return row
    return len(said)


def _rows(
    found: dict[tuple[str, int], NDArray[np.float64]], longer: NDArray[np.float64]
) -> list[Row]:
    chen, weiss = "Chen 2017", "Weiss et al. 2018"
    rows = [
        Row(
            "schmidhuber-problems",
            "LSTM, 2 units",
            "65 to 100 (5 seeds, peepholes)",
            found["lstm", 2],
            Expected(low=65),
            ".0f",
            _WHY_NOT,
        ),
        Row("", f"LSTM, 2 units, {_MORE_UPDATES:,} updates", "", longer, form=".0f"),
        Row(
            chen,
            "LSTM, 10 units",
            "18 (1 network)",
            found["lstm", 10],
            Expected(11, _LONGEST - 1, "median"),
            ".0f",
        ),
    ]
    for units in (2, 10):
        rows.append(
            Row(
                weiss,
                f"LSTM less GRU, {units} units, seed by seed",
                "LSTM counts, GRU does not",
                found["lstm", units] - found["gru", units],
                Expected(low=1, of="median"),
                ".0f",
            )
        )
    for cell, units in _NETWORKS[2:]:
        rows.append(
            Row("", f"{CELLS[cell].title}, {units} units", "", found[cell, units], form=".0f")
        )
    return rows


def reaches(
    networks: Sequence[tuple[str, int]], updates: int, plan: Plan
) -> dict[tuple[str, int], NDArray[np.float64]]:
    """How far networks of these cells and sizes count after training, one value a seed."""
    contenders = [
        RunConfig(
            task="anbn",
            cell=cell,
            hidden_size=units,
            window_length=21,
            lr=0.01,
            clip_norm=1.0,
            forget_bias=1.0,
        )
        for cell, units in networks
    ]
    comparison = compare(contenders, plan)
    train(comparison, plan.of(updates), f"a^n b^n, {updates} updates")
    batch = every_string(contenders[0], plan.of(_LONGEST))
    found = np.array(
        [reach(model, contenders[0], batch) for model in comparison.replicas.models], float
    )
    return dict(zip(networks, found.reshape(comparison.alive.shape), strict=True))


def run(plan: Plan) -> list[Row]:
    """Train the networks and let them count."""
    longer = reaches(_NETWORKS[:1], _MORE_UPDATES, plan)
    return _rows(reaches(_NETWORKS, _UPDATES, plan), longer[_NETWORKS[0]])


RESULT = Result("counting", "Counting: a^n b^n", _ABOUT, run)
