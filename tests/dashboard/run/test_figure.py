from __future__ import annotations

import numpy as np
import pytest

from dashboard.run.figure import figure
from rnn_core import TASKS, RunConfig
from tests.dashboard.looks import expect_looks
from tests.dashboard.runs import go_on, run_after
from tests.dashboard.sent_charts import datasets_in, rows, svg


def test_signals_and_states_share_the_time_axis() -> None:
    run = run_after(6, RunConfig(hidden_size=4))
    signals, states = figure(run.frame()).spec["vconcat"]
    domains = [
        layer["encoding"]["x"]["scale"]["domain"]
        for part in (signals, states)
        for layer in part["layer"]
        if "scale" in layer["encoding"].get("x", {})
    ]
    assert len(domains) == 2
    assert domains[0] == domains[1] == [0, pytest.approx(4 * np.pi)]
    drawn = rows(figure(run.frame()))
    places = {row["place"] for row in drawn["samples"]}
    edges = {row["left"] for row in drawn["states"]} | {row["right"] for row in drawn["states"]}
    assert (min(places), max(places)) == pytest.approx((min(edges), max(edges)))


def test_the_states_are_those_of_the_windows_above_them() -> None:
    run = run_after(6, RunConfig(hidden_size=4))
    frame = run.frame()
    cells = rows(figure(frame))["states_hover"]
    assert {cell["step"] for cell in cells} == {3, 4, 5, 6}
    newest = {(cell["point"], cell["unit"]): cell["h"] for cell in cells if cell["step"] == 6}
    assert newest == {
        (t + 1, unit + 1): pytest.approx(frame.hidden[-1][t, unit])
        for t in range(10)
        for unit in range(4)
    }
    lefts = [cell["left"] for cell in cells if cell["step"] == 6]
    (window,) = [row for row in rows(figure(frame))["windows"] if row["label"] == "step 6"]
    assert min(lefts) == pytest.approx(window["left"])


def test_at_first_only_the_windows_that_were_read_have_cells() -> None:
    run = run_after(0, RunConfig(hidden_size=4))
    assert len(rows(figure(run.frame()))["states"]) == 10 * 4
    go_on(run, 1)
    assert len(rows(figure(run.frame()))["states"]) == 2 * 10 * 4


def test_the_colours_of_the_state_are_explained_beside_it() -> None:
    drawing = svg(figure(run_after(1, RunConfig(hidden_size=4)).frame()))
    assert ">state h</text>" in drawing


@pytest.mark.parametrize("task", list(TASKS))
@pytest.mark.parametrize("size", [1, 256])
def test_every_task_has_a_figure_of_bounded_size(task: str, size: int) -> None:
    run = run_after(1, TASKS[task].config(hidden_size=size, cell="gru"))
    chart = figure(run.frame())
    assert datasets_in(chart.spec) == set(chart.tables)
    assert chart.alt
    assert len(rows(chart)["states"]) <= 1_600
    assert "<svg" in svg(chart)


@pytest.mark.parametrize("task", ["sin_to_cos", "adding", "copy", "series"])
def test_the_figure_looks_as_it_did_when_somebody_looked(task: str) -> None:
    frame = run_after(1, TASKS[task].config(hidden_size=4)).frame()
    expect_looks(f"figure-{task}", [figure(frame), figure(frame, small=True)])
