from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pytest

from rnn_core import TASKS, RunConfig, Trainer
from rnn_core.io.notebook import jupyter_notebook


def run(text: str) -> dict[str, Any]:
    """The names that the code cells define, run one after the other."""
    notebook = nbformat.reads(text, as_version=4)
    namespace: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), namespace)
    return namespace


@pytest.mark.parametrize(
    "config",
    [RunConfig(), TASKS["adding"].config(cell="lstm"), TASKS["noisy_sine"].config(cell="min_gru")],
    ids=lambda config: config.task,
)
def test_the_cells_of_a_notebook_have_the_runs_losses(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # absent
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    losses = run(jupyter_notebook(config, 40))["losses"]
    ours = Trainer(config, engine="torch").advance(40).losses
    np.testing.assert_allclose(losses, ours, rtol=0, atol=1e-5)
    assert f"first loss {losses[0]:.6f}, last loss {losses[-1]:.6f}" in capsys.readouterr().out


def test_the_losses_are_drawn_where_matplotlib_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: dict[str, Any] = {}
    plot = SimpleNamespace(
        semilogy=lambda losses: drawn.update(losses=losses),
        xlabel=lambda text: drawn.update(x=text),
        ylabel=lambda text: drawn.update(y=text),
        show=lambda: None,
    )
    monkeypatch.setitem(sys.modules, "matplotlib", SimpleNamespace(pyplot=plot))
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", plot)
    losses = run(jupyter_notebook(RunConfig(), 5))["losses"]
    assert drawn == {"losses": losses, "x": "step", "y": "loss"}


def test_a_notebook_is_valid_and_the_same_each_time() -> None:
    text = jupyter_notebook(RunConfig(cell="gru"), 10)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert text == jupyter_notebook(RunConfig(cell="gru"), 10)
    assert [cell.id for cell in notebook.cells[:3]] == ["title", "settings-text", "settings"]
    assert notebook.cells[0].source.startswith("# GRU, sin → cos\n\nA run of RNN Playground")
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", *["markdown", "code"] * 5]


def test_a_notebook_refuses_what_a_script_refuses() -> None:
    with pytest.raises(ValueError, match="steps must be a whole number from 1 to 10000000"):
        jupyter_notebook(RunConfig(), 0)
