"""a^n b^n and a^n b^n c^n, trained on n up to 10: how far does each cell count?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.reproduce.legal_symbols import as_in_the_source, count
from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import Plan, compare, prediction, train
from rnn_core import CELLS, Batch, RecurrentModel, RunConfig, build_task
from rnn_core.tasks.counting import strings

_UPDATES = 4_000
_LONGEST = 100
_NETWORKS = (("lstm", 2), ("lstm", 10), ("gru", 2), ("gru", 10), ("rnn", 2), ("rnn", 10))

# As the source trains; how far its networks count varies so much that five seeds say little.
_SEEDS, _ENOUGH, _UPDATES_OF_ABC = 24, 20, 8_000

_ABOUT = """\
The largest n up to 100 such that all strings from n = 1 to n are right, after training on n from 1
to 10, one string per update, Adam at 0.01, gradient norm clipped at 1.

*Source's recipe* (24 seeds): an LSTM with peepholes and one bias; weights are normal with standard
deviation 0.1, the biases of input gates -1 and of forget gates 1. The loss is over all symbols that
may be next, a binary cross-entropy for each, and a string is right when at every step exactly the
legal symbols are above one half. For a^n b^n a network stops at the first check, every 200 updates,
with n ≥ 20, and after 4,000 at the latest; for a^n b^n c^n all take 8,000. The source's own code,
run here on seeds 0 to 23 of a^n b^n, reaches 20 to 100, with a median of 67, and on seeds 5 to 7 of
a^n b^n c^n 100, 26 and 11: its five published seeds are a narrow sample.

*Next symbol* (5 seeds): networks with PyTorch's weights and forget bias 1 learn the next symbol
alone, and a string is right when the first a, all that follows the first b, and the end are
predicted; 4,000 updates.

Sources: [cybertronai/schmidhuber-problems](https://github.com/cybertronai/schmidhuber-problems)
after Gers and Schmidhuber, IEEE Transactions on Neural Networks 12 (2001); Edwin Chen, "Exploring
LSTMs" (2017), one LSTM; Weiss, Goldberg and Yahav, "On the practical computational power of finite
precision RNNs for language recognition", ACL 2018, arXiv:1805.04908, which says that LSTMs count
and GRUs do not."""


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


def _rows(found: dict[tuple[str, int], NDArray[np.float64]]) -> list[Row]:
    chen, weiss = "Chen 2017", "Weiss et al. 2018"
    rows = [
        Row("", "LSTM, 2 units, next symbol", "", found["lstm", 2], form=".0f"),
        Row(
            chen,
            "LSTM, 10 units, next symbol",
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
                f"LSTM less GRU, {units} units, next symbol, seed by seed",
                "LSTM counts, GRU does not",
                found["lstm", units] - found["gru", units],
                Expected(low=1, of="median"),
                ".0f",
            )
        )
    for cell, units in _NETWORKS[2:]:
        setting = f"{CELLS[cell].title}, {units} units, next symbol"
        rows.append(Row("", setting, "", found[cell, units], form=".0f"))
    return rows


def as_the_source(plan: Plan) -> list[Row]:
    """The source's recipe, and what becomes of a^n b^n without parts of it."""
    many = plan.with_seeds(_SEEDS)

    def found(
        cell: str, letters: int, units: int, updates: int, enough: int | None
    ) -> NDArray[np.float64]:
        config = RunConfig(
            cell=cell, hidden_size=units, lr=0.01, clip_norm=1.0, forget_bias=1.0, single_bias=True
        )
        return count(
            config,
            letters,
            as_in_the_source,
            plan.of(updates),
            many.seeds,
            plan.of(_LONGEST),
            enough=enough,
            label=f"{'abc'[:letters]}, {cell}",
        )

    source, peepholes = "schmidhuber-problems", CELLS["peephole_lstm"].title
    return [
        Row(
            source,
            f"{peepholes}, 2 units, source's recipe",
            "65 to 100 (5 seeds); median 67 (its code, our run of 24)",
            found("peephole_lstm", 2, 2, _UPDATES, _ENOUGH),
            Expected(67 / 2, _LONGEST, "median"),
            ".0f",
        ),
        Row(
            "",
            "the same without peepholes",
            "",
            found("lstm", 2, 2, _UPDATES, _ENOUGH),
            form=".0f",
        ),
        Row(
            "",
            f"with peepholes, all {_UPDATES:,} updates",
            "",
            found("peephole_lstm", 2, 2, _UPDATES, None),
            form=".0f",
        ),
        Row(
            source,
            f"{peepholes}, 3 units, source's recipe: a^n b^n c^n",
            "18 to 29, median 24 (5 seeds)",
            found("peephole_lstm", 3, 3, _UPDATES_OF_ABC, None),
            Expected(24 / 2, 24 * 2, "median"),
            ".0f",
        ),
    ]


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
    return as_the_source(plan) + _rows(reaches(_NETWORKS, _UPDATES, plan))


RESULT = Result("counting", "Counting: a^n b^n and a^n b^n c^n", _ABOUT, run)
