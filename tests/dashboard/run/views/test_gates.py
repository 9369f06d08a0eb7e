from __future__ import annotations

import numpy as np

from dashboard.run.views.registry import view
from rnn_core import RunConfig
from rnn_core.diagnostics import gates_over_time
from tests.dashboard.runs import charts_of, inspect, run_after, trainer_at
from tests.dashboard.sent_charts import rows


def test_the_gates_are_those_of_the_step_on_screen() -> None:
    config = RunConfig(cell="lstm", hidden_size=5)
    run, now = run_after(7, config), trainer_at(7, config).context()
    gates = inspect(run, "gates").result.gates
    expected = gates_over_time(now.model, now.inputs, now.state)
    np.testing.assert_array_equal(gates.values["f"], expected.values["f"])
    np.testing.assert_allclose(gates.h[-1], run.frame().hidden[-1], rtol=1e-4, atol=1e-6)


def test_the_cells_of_the_chart_are_the_gates() -> None:
    run = run_after(2, RunConfig(cell="lstm", hidden_size=3))
    gates = inspect(run, "gates").result.gates
    (chart,) = charts_of(run, "gates")
    cells = rows(chart)["cells"]
    assert len(cells) == 4 * 10 * 3
    names = [row["name"] for row in rows(chart)["names"]]
    assert [name[0] for name in names] == list(gates.values)
    values = np.array([cell["value"] for cell in cells]).reshape(4, 10, 3)
    for number, letter in enumerate(gates.values):
        np.testing.assert_allclose(values[number], gates.values[letter][-1])


def test_a_plain_rnn_has_no_gates_and_says_so() -> None:
    run = run_after(1, RunConfig(hidden_size=3))
    assert charts_of(run, "gates") == []
    said = view("gates").numbers(inspect(run, "gates").result)
    assert said.startswith("This cell has no gates.")


def test_the_gate_that_keeps_the_memory_is_described() -> None:
    for cell, letter in (("lstm", "f"), ("gru", "z")):
        result = inspect(run_after(1, RunConfig(cell=cell, hidden_size=3)), "gates").result
        share = result.gates.open[letter][-1].mean()
        said = view("gates").numbers(result)
        assert f"Gate {letter} is open (above 0.9) {share:.0%} of the time" in said
