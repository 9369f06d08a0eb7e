from __future__ import annotations

import csv
import signal
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from rnn_core import Comparison, RunConfig
from rnn_core.cli.compare import contenders_of, lines
from rnn_core.cli.main import cli


def test_the_losses_are_those_of_a_comparison(tmp_path: Path) -> None:
    out = tmp_path / "losses.csv"
    arguments = ["--vary", "cell=rnn,gru", "--hidden-size", "4", "--seeds", "3", "--steps", "25"]
    done = CliRunner(catch_exceptions=False).invoke(
        cli, ["compare", *arguments, "--engine", "torch", "-o", str(out)]
    )
    assert done.exit_code == 0, done.output
    comparison = Comparison([RunConfig(cell=cell, hidden_size=4) for cell in ("rnn", "gru")], 3)
    for _step in islice(comparison.steps(), 25):
        pass
    expected = comparison.held_out().losses
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["contender"] for row in rows] == ["cell=rnn"] * 3 + ["cell=gru"] * 3
    assert [int(row["seed"]) for row in rows] == [0, 1, 2] * 2
    assert [float(row["held_out_loss"]) for row in rows] == expected.ravel().tolist()
    for row in expected:
        assert f"{np.median(row):.4f}" in done.stdout
    assert "of 3 seeds; p = " in done.stdout


def test_ctrl_c_ends_a_comparison_with_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Comparison.steps

    def pressed(self: Comparison) -> Any:
        for step in steps(self):
            if step.index == 5:
                signal.raise_signal(signal.SIGINT)
            yield step

    monkeypatch.setattr(Comparison, "steps", pressed)
    done = CliRunner(catch_exceptions=False).invoke(
        cli, ["compare", "--vary", "seed=1,2", "--vary", "cell=rnn", "--seeds", "2"]
    )
    assert done.exit_code == 130
    assert "Stopped after 6 of 500 steps." in done.stderr
    assert "median" in done.stdout


def test_what_varies_is_combined() -> None:
    names, contenders = contenders_of(
        None, {"hidden_size": 3}, ("cell=rnn, gru", "clip-norm=none,1")
    )
    assert names == [
        "cell=rnn, clip_norm=none", "cell=rnn, clip_norm=1",
        "cell=gru, clip_norm=none", "cell=gru, clip_norm=1",
    ]  # fmt: skip
    assert contenders == [
        RunConfig(cell=cell, clip_norm=clip, hidden_size=3)
        for cell in ("rnn", "gru")
        for clip in (None, 1.0)
    ]


@pytest.mark.parametrize("vary", [("cell",), ("cell=",), ("cell= , ",)])
def test_what_varies_is_a_name_and_values(vary: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError, match="--vary must be NAME=VALUE,VALUE,…"):
        contenders_of(None, {}, vary)


def test_the_leader_stands_first() -> None:
    found = lines(["a", "b"], np.array([[2.0, 3.0], [0.5, 1.0]]))
    assert found[0].split() == ["median", "lowest", "highest"]
    assert found[1].split() == ["b", "0.7500", "0.5000", "1.0000"]
    assert found[2].split() == ["a", "2.5000", "2.0000", "3.0000"]
    assert found[3].startswith("b has the lower loss than a on 2 of 2 seeds; p = ")
