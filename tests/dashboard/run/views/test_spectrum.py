from __future__ import annotations

import numpy as np
import pytest

from dashboard.run.views.registry import view
from rnn_core import RunConfig
from rnn_core.diagnostics import step_spectrum
from tests.dashboard.runs import charts_of, inspect, run_after, trainer_at
from tests.dashboard.sent_charts import rows


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
