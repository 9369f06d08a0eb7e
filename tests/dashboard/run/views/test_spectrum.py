from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from dashboard.run.views.registry import view
from dashboard.run.views.spectrum import _POINTS
from rnn_core import RunConfig
from rnn_core.diagnostics import step_spectrum
from tests.dashboard.runs import charts_of, inspect, run_after, trainer_at
from tests.dashboard.sent_charts import rows, svg


def test_the_spectrum_is_that_of_the_step_on_screen() -> None:
    config = RunConfig(cell="lstm", hidden_size=5)
    now = trainer_at(7, config).context()
    np.testing.assert_array_equal(
        inspect(run_after(7, config), "spectrum").result.step.eigenvalues,
        step_spectrum(now.model, now.inputs, now.state, at=[-1]).eigenvalues,
    )


@pytest.mark.parametrize(("cell", "kinds"), [("rnn", {"step", "weights"}), ("gru", {"step"})])
def test_the_points_are_eigenvalues(cell: str, kinds: set[str]) -> None:
    run = run_after(2, RunConfig(cell=cell, hidden_size=3))
    result = inspect(run, "spectrum").result
    (chart,) = charts_of(run, "spectrum")
    points = rows(chart)["eigenvalues"]
    assert {row["kind"] for row in points} == kinds
    drawn = [complex(row["x"], row["y"]) for row in points if row["kind"] == "step"]
    np.testing.assert_allclose(drawn, result.step.eigenvalues[-1])
    circle = rows(chart)["circle"]
    np.testing.assert_allclose([np.hypot(row["x"], row["y"]) for row in circle], 1)


def test_the_main_numbers_are_said() -> None:
    result = inspect(run_after(2, RunConfig(hidden_size=3)), "spectrum").result
    said = view("spectrum").numbers(result)
    assert f"spectral radius {result.step.radius[-1]:.3g}" in said
    assert f"{result.growth.exponents[0]:.3g} nats per time step" in said


def test_the_unit_circle_is_a_circle_and_a_point_outside_is_an_arrow_at_the_edge() -> None:
    (chart,) = charts_of(run_after(2, RunConfig(hidden_size=2)), "spectrum")
    far = _POINTS.rows([9.0, 0.1], [0.0, 0.2], ["step", "step"])
    for width in (300, 560):
        drawing = svg(replace(chart, tables={**chart.tables, "eigenvalues": far}), width)
        line = re.search(r'mark-line.*? d="M([^"]*)"', drawing, re.DOTALL)
        assert line
        x, y = np.array([pair.split(",") for pair in line[1].split("L")], float).T
        assert np.ptp(x) == pytest.approx(np.ptp(y), rel=0.01)
        *_dots, arrows = re.findall(r"mark-symbol role-mark.*?</g>", drawing, re.DOTALL)
        sizes = [
            np.ptp([float(number) for number in re.findall(r"-?[\d.]+", path)])
            for path in re.findall(r' d="([^"]*)"', arrows)
        ]
        assert sizes[0] > 10
        assert sizes[1] < 1
