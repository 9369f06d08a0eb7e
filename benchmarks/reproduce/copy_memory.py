"""Copy memory: the floor without recall, and which cells still recall as the gap grows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import TEST_BATCH, Plan, compare, fresh, scored, train, training
from rnn_core import CELLS, RunConfig, build_task, equalise

_RECALLED = 10  # symbols, in front and at the end

_FLOOR_GAP, _FLOOR_UPDATES, _SLOW_FROM = 1_000, 1_200, 900
_GAPS, _UPDATES = (10, 40, 80), 3_000
_TEST_SEQUENCES = 1_280
_RECALLS = 0.2  # an accuracy that chance, 0.125, does not give
_BAI = "Bai et al. 2018"

_WHY_RECALLED = "Some seeds are at chance, and one recalls a little. The source shows one network."

_ABOUT = """\
Ten symbols out of eight, T - 1 blanks, a delimiter; then the ten symbols are to be repeated. A
predictor that recalls nothing but knows when to answer has a cross-entropy of 10 ln 8 / (T + 20).
*Loss*: networks with 16 thousand parameters after 1,200 updates at T = 1,000, RMSprop at 0.002 (of
four settings tried on one seed, the one with which all cells reached the floor first) and a tenth
of that from update 900, one sequence per update, mean of the last 20. Without the lower rate the
RNN ends at 1.02 to 4.56 times the floor, because its loss repeatedly jumps for some updates.
*Accuracy*: share of the ten symbols that are right, 0.125 by chance, on 1,280 new sequences;
networks with 10 thousand parameters after 3,000 updates at every T, RMSprop at 0.005, batches of
16. Gradient norm clipped at 1 and forget bias 1 in both. The source searched for the best settings
of each network and trained longer.

Sources: Arjovsky, Shah and Bengio, ICML 2016, arXiv:1511.06464 (the floor); Bai, Kolter and Koltun,
arXiv:1803.01271 (2018), table 1 and section 5.4."""


def floor_rows(plan: Plan) -> list[Row]:
    """The loss of cells that recall nothing, beside the floor."""
    contenders = equalise(
        [
            RunConfig(
                task="copy",
                cell=cell,
                window_length=_FLOOR_GAP + 2 * _RECALLED,
                hidden_size=57,
                optimizer="rmsprop",
                lr=0.002,
                clip_norm=1.0,
                forget_bias=1.0,
            )
            for cell in ("lstm", "gru", "rnn")
        ]
    )
    floor = next(f.value for f in build_task(contenders[0]).floors() if f.key == "time_only")
    comparison = compare(contenders, plan)
    for step in training(comparison, plan.of(_FLOOR_UPDATES), f"copy, T = {_FLOOR_GAP}"):
        if step.index == plan.of(_SLOW_FROM):
            for n, config in enumerate(contenders):
                comparison.set_lr(n, config.lr / 10)
    return [
        Row(
            _BAI,
            f"{CELLS[config.cell].title}, {config.hidden_size} units, T = {_FLOOR_GAP:,}: loss",
            f"{published}; floor {floor:.4f}",
            ours,
            Expected(0.98 * floor, 1.02 * floor),
        )
        for config, published, ours in zip(
            contenders, ("0.0204", "0.0197", "0.0202"), comparison.recent, strict=True
        )
    ]


def accuracies(gap: int, plan: Plan) -> NDArray[np.float64]:
    """Accuracy of LSTM and GRU over a gap, shape ``(2, S)``."""
    common = RunConfig(
        task="copy",
        cell="lstm",
        window_length=gap + 2 * _RECALLED,
        hidden_size=43,
        batch_size=16,
        optimizer="rmsprop",
        lr=0.005,
        clip_norm=1.0,
        forget_bias=1.0,
    )
    contenders = equalise([common, replace(common, cell="gru")])
    comparison = compare(contenders, plan)
    train(comparison, plan.of(_UPDATES), f"copy, T = {gap}")
    batches = fresh(contenders[0], plan.of(_TEST_SEQUENCES // TEST_BATCH))
    return scored(comparison, batches, comparison.task.accuracy)


def longest(recalled: NDArray[np.float64]) -> NDArray[np.float64]:
    """The longest gap with an accuracy above chance, 0 if there is none.

    Args:
        recalled: accuracies, shape ``(G, …)``, a row for each of `_GAPS`.
    """
    gaps = np.array(_GAPS, float).reshape(-1, *[1] * (recalled.ndim - 1))
    return np.asarray(np.where(recalled > _RECALLS, gaps, 0.0).max(axis=0))


def sweep_rows(plan: Plan) -> list[Row]:
    """LSTM and GRU of equal size and budget over longer and longer gaps."""
    recalled = np.array([accuracies(gap, plan) for gap in _GAPS])  # (G, 2, S)
    lstm, gru = longest(recalled).astype(np.float64)
    rows = [
        Row(
            _BAI,
            "GRU less LSTM, seed by seed: longest T with accuracy above 0.20",
            "LSTM below T = 50, GRU below T = 200",
            gru - lstm,
            Expected(low=1, of="median"),
            ".0f",
        )
    ]
    for gap, (of_lstm, of_gru) in zip(_GAPS, recalled, strict=True):
        setting = f"T = {gap}: accuracy"
        known = gap >= 50  # no figure is given for shorter ones
        source, published = (_BAI, "below 0.20") if known else ("", "")
        expected = Expected(high=_RECALLS) if known else None
        rows += [
            Row(source, f"LSTM, {setting}", published, of_lstm, expected, ".3f", _WHY_RECALLED),
            Row("", f"GRU, {setting}", "", of_gru, form=".3f"),
        ]
    return rows


def run(plan: Plan) -> list[Row]:
    """The floor, then the sweep."""
    return floor_rows(plan) + sweep_rows(plan)


RESULT = Result("copy", "Copy memory", _ABOUT, run)
