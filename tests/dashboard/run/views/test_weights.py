from __future__ import annotations

import numpy as np
import pytest

from dashboard.run.views.registry import view
from rnn_core import RunConfig
from tests.dashboard.runs import charts_of, inspect, run_after, trainer_at
from tests.dashboard.sent_charts import rows

SMALL = RunConfig(hidden_size=4)


def test_the_change_is_that_since_the_result_before() -> None:
    run = run_after(2, SMALL)
    said = view("weights").numbers
    assert "train another to see one" in said(inspect(run, "weights").result)
    run.step_once()
    result = inspect(run, "weights").result
    assert result.over == 1
    before, after = (
        trainer_at(step, SMALL).model.rnn.weight_hh_l0.detach().numpy() for step in (2, 3)
    )
    ratio = np.linalg.norm(after - before) / np.linalg.norm(before)
    assert result.weights["rnn.weight_hh_l0"].update_ratio == pytest.approx(ratio, rel=1e-5)
    assert f"`rnn.weight_hh_l0` {ratio:.2g}" in said(result)


def test_an_untrained_network_asks_for_a_step() -> None:
    run = run_after(0, SMALL)
    assert "Train a step" in view("weights").numbers(inspect(run, "weights").result)


def test_a_pause_keeps_the_change_that_was_shown_while_playing() -> None:
    run = run_after(2, SMALL)
    inspect(run, "weights")
    run.play()
    run.tick(3, 100)
    run._now._cache._next = 0.0
    playing = inspect(run, "weights").result
    assert playing.over == 3
    run.pause()
    assert inspect(run, "weights").result.over == 3


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_the_map_is_the_recurrent_matrix(cell: str, gates: int) -> None:
    run = run_after(1, RunConfig(cell=cell, hidden_size=4, num_layers=2))
    weight = run._now.trainer.model.rnn.weight_hh_l1.detach().numpy()
    weight_map, _histograms = charts_of(run, "weights")
    cells = rows(weight_map)["cells"]
    assert len(cells) == gates * 4 * 4
    np.testing.assert_allclose([cell["value"] for cell in cells], weight.ravel())
    assert (cells[-1]["right"], cells[-1]["high"]) == (4.5, gates * 4 + 0.5)


def test_every_matrix_has_a_histogram_whose_fullest_bin_is_one() -> None:
    run = run_after(1, SMALL)
    _map, histograms = charts_of(run, "weights")
    bars = rows(histograms)["bars"]
    names = {"rnn.weight_ih_l0", "rnn.weight_hh_l0", "out.weight"}
    assert {bar["weight"] for bar in bars} == names
    for name in names:
        assert max(bar["count"] for bar in bars if bar["weight"] == name) == 1
