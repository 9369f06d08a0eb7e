from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from dashboard.run.live_run import LiveRun
from dashboard.run.views.registry import view
from dashboard.run.views.saturation import SaturationResult, Share
from rnn_core import CELLS, RunConfig
from tests.dashboard.runs import charts_of, go_on, inspect, run_after
from tests.dashboard.sent_charts import rows


def result_of(run: LiveRun) -> SaturationResult:
    result = inspect(run, "saturation").result
    assert isinstance(result, SaturationResult)
    return result


def run_with(bias: float, cell: str, gate: int = 0, **settings: Any) -> LiveRun:
    """A run whose weights are 0, but for the biases of one gate."""
    run = run_after(0, RunConfig(cell=cell, hidden_size=4, **settings))
    with torch.no_grad():
        for name, weight in run._now.trainer.model.rnn.named_parameters():
            weight.zero_()
            if name.startswith("bias_ih"):
                weight[gate * 4 : gate * 4 + 4] = bias
    return run


@pytest.mark.parametrize(
    ("bias", "expected"), [(3.0, Share(0.0, 1.0)), (-3.0, Share(1.0, 0.0)), (0.1, Share(0.0, 0.0))]
)
def test_units_near_minus_one_and_one_are_saturated(bias: float, expected: Share) -> None:
    assert dict(result_of(run_with(bias, "rnn", num_layers=2)).now) == {"h": expected}


@pytest.mark.parametrize(
    ("bias", "expected"), [(3.0, Share(0.0, 1.0)), (-3.0, Share(1.0, 0.0)), (1.0, Share(0.0, 0.0))]
)
@pytest.mark.parametrize("letter", ["i", "f", "g", "o"])
def test_gates_are_saturated_where_open_or_shut(letter: str, bias: float, expected: Share) -> None:
    gates = [gate.letter for gate in CELLS["lstm"].gates]
    now = result_of(run_with(bias, "lstm", gates.index(letter))).now
    assert list(now) == ["h", *gates]
    assert now[letter] == expected
    for other in set(gates) - {letter}:
        assert now[other] == Share(0.0, 0.0)


def test_shares_are_those_of_the_window_on_screen() -> None:
    run = run_after(30, RunConfig(hidden_size=4, lr=0.1))
    hidden = run.frame().hidden[-1]
    share = result_of(run).now["h"]
    assert share.low == pytest.approx(np.mean(hidden < -0.9))
    assert share.high == pytest.approx(np.mean(hidden > 0.9))
    assert share.both == pytest.approx(np.mean(np.abs(hidden) > 0.9))


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_is_drawn_or_has_nothing_bounded(cell: str) -> None:
    run = run_after(2, RunConfig(cell=cell, hidden_size=3))
    result = result_of(run)
    letters = {gate.letter for gate in result.cell.gates}
    assert set(result.now) <= {"h"} | letters
    assert {gate.letter for gate in result.cell.gates if gate.kind == "gate"} <= set(result.now)
    assert len(charts_of(run, "saturation")) == (2 if result.now else 0)
    assert view("saturation").numbers(result).endswith(".")


def test_of_a_rectified_state_the_share_at_zero_is_shown() -> None:
    run = run_after(3, RunConfig(cell="rnn_relu", hidden_size=6))
    hidden = run.frame().hidden[-1]
    result = result_of(run)
    assert 0 < np.mean(hidden == 0) < 1
    assert result.now == {"h": Share(pytest.approx(np.mean(hidden == 0)), 0.0)}
    share = format(np.mean(hidden == 0), ".0%")
    assert view("saturation").numbers(result) == (
        f"{share} of the hidden units' values are 0, where a unit passes no gradient."
    )


def test_a_signal_that_leaves_its_limits_has_none() -> None:
    result = result_of(run_after(1, RunConfig(cell="gru", hidden_size=3)))
    unbounded = replace(result, now={})
    assert view("saturation").charts(unbounded, view("saturation").presentation()) == []
    assert view("saturation").numbers(unbounded) == (
        "No part of this cell is bounded, so nothing can saturate."
    )


def test_the_history_grows_with_every_step_at_which_the_view_is_shown() -> None:
    run = run_after(1, RunConfig(cell="gru", hidden_size=3))
    for _ in range(3):
        result_of(run)
        go_on(run, 5)
    result = result_of(run)
    assert result.history.indices == (1, 6, 11, 16)
    assert result_of(run).history.indices == (1, 6, 11, 16)
    assert result.history.items[-1] == result.now
    inspect(run, "state")
    go_on(run, 5)
    assert result_of(run).history.indices == (1, 6, 11, 16, 21)
    run.reset()
    assert result_of(run).history.indices == (0,)


def test_the_history_is_bounded_and_reaches_from_the_first_step_to_the_last() -> None:
    run = run_after(0, RunConfig(hidden_size=1))
    for _ in range(450):
        result_of(run)
        run.step_once()
    steps = result_of(run).history.indices
    assert len(steps) <= 200
    assert (steps[0] < 4, steps[-1]) == (True, 450)


def test_bars_and_lines_hold_the_shares() -> None:
    run = run_after(3, RunConfig(cell="gru", hidden_size=3, lr=0.1))
    result_of(run)
    go_on(run, 30)
    result = result_of(run)
    now, history = (rows(chart) for chart in charts_of(run, "saturation"))
    for signal, share in result.now.items():
        low, high = (bar for bar in now["now"] if bar["signal"] == signal)
        assert (low["limit"], low["begin"], low["end"]) == (-1.0, 0.0, share.low)
        assert (high["limit"], high["begin"]) == (1.0, share.low)
        assert high["end"] == pytest.approx(share.both)
        points = [
            (row["step"], row["share"]) for row in history["history"] if row["signal"] == signal
        ]
        assert points == [
            (step, kept[signal].both)
            for step, kept in zip(result.history.indices, result.history.items, strict=True)
        ]


def test_the_most_saturated_gate_is_said() -> None:
    said = view("saturation").numbers(result_of(run_with(3.0, "lstm", 1)))
    assert "The most saturated gate is f: open (above 0.9) 100% of the time" in said
    assert said.startswith("0% of the hidden units' values are saturated")
