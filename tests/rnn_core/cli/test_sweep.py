"""``sweep``: run, join, look at and stop a sweep."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from rnn_core.cli.main import cli
from rnn_core.experiments.sweep import Sweep, work

SPACE = """
steps = 20
seeds = 2
objective = "online_loss"
engine = "torch"
[settings]
hidden_size = 4
[axes]
cell = ["rnn", "gru"]
lr = [0.01, 0.02]
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "cells.toml"
    path.write_text(SPACE)
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["sweep", *map(str, arguments)])


def names(space: Path) -> tuple[str, ...]:
    return "--storage", str(space.with_suffix(".journal")), "--study", "cells"


def test_a_sweep_is_run_shown_and_written(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    said = call(space, "--workers", 1, "--out", out)
    assert said.exit_code == 0, said.output
    head, names_of_columns, *points, saved = said.output.splitlines()
    assert head == "cells: 4 points × 2 seeds × 20 steps"
    assert names_of_columns.split() == ["online_loss", "median", "lowest", "highest"]
    assert len(points) == 4
    medians = [float(line.split()[-3]) for line in points]
    assert medians == sorted(medians)
    assert saved == f"saved in {out}"
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [(row["cell"], row["lr"], row["seed"]) for row in rows[:3]] == [
        ("rnn", "0.01", "0"),
        ("rnn", "0.01", "1"),
        ("rnn", "0.02", "0"),
    ]
    again = call(space, "--workers", 1)
    assert "4 points finished" in again.output


def test_a_plan_alone_says_how_to_join(space: Path) -> None:
    said = call(space, "--workers", 0)
    assert said.exit_code == 0, said.output
    assert f"sweep worker --storage {space.with_suffix('.journal')} --study cells" in said.output
    joined = call("worker", *names(space))
    assert joined.output == "4 points finished\n"
    assert Sweep.open(names(space)[1], "cells").progress().done == 4


def test_results_so_far_are_printed_and_written_as_parquet(space: Path, tmp_path: Path) -> None:
    call(space, "--workers", 0)
    sweep = Sweep.open(names(space)[1], "cells")
    claim = sweep.claim("elsewhere")
    assert claim
    claim.give_back()
    work(sweep)
    out = tmp_path / "all.parquet"
    said = call("results", *names(space), "--out", out)
    assert said.output.splitlines()[0].endswith("4 points finished")
    assert pq.read_table(out).column("seed").to_pylist() == [0, 1] * 4


def test_a_stopped_sweep_is_left_and_goes_on_when_it_is_run_again(space: Path) -> None:
    call(space, "--workers", 0)
    assert "end within some seconds" in call("stop", *names(space)).output
    assert call("worker", *names(space), "--threads", 1).output == "0 points finished\n"
    assert call(space, "--workers", 1, "--quiet").output == ""
    assert Sweep.open(names(space)[1], "cells").progress().is_over


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(space: Path) -> None:
    space.write_text(SPACE.replace("steps = 20", "steps = 100000"))
    process = subprocess.Popen(
        [sys.executable, "-m", "rnn_core", "sweep", str(space), "--workers", "1"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    journal = space.with_suffix(".journal")
    while not journal.exists() or b'"worker"' not in journal.read_bytes():
        assert process.poll() is None
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _said, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "Stopped. The same command goes on.\n"
    progress = Sweep.open(str(journal), "cells").progress()
    assert (progress.waiting, progress.running) == (4, 0)


def test_a_series_is_read_by_whoever_has_the_same_file(space: Path, tmp_path: Path) -> None:
    data = tmp_path / "own.csv"
    data.write_text("level\n" + "\n".join(str((k * 7) % 30 / 10) for k in range(400)))
    space.write_text(
        SPACE.replace("[settings]", '[settings]\ntask = "series"').replace("[0.01, 0.02]", "[0.01]")
    )
    assert call(space, "--workers", 0, "--data", data).exit_code == 0
    without = call("worker", *names(space))
    assert without.exit_code == 2
    assert "reads a series of one's own, which its storage does not hold" in without.output
    assert call("worker", *names(space), "--data", data).output.endswith("2 points finished\n")
    (one, other) = Sweep.open(names(space)[1], "cells").points()
    assert one.outcome
    assert other.outcome
    assert one.outcome.values != other.outcome.values


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("axes = 3", (), "axes must be a mapping"),
        ("[axes", (), "is no TOML"),
        (SPACE, ("--out", "all.xlsx"), "--out must end in .csv or .parquet"),
        (SPACE, ("--storage", "/nowhere/a.db"), "cannot be opened"),
        (SPACE.replace("lr = [0.01", "cell_ = [0.01"), (), "Unknown setting 'cell_'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    space: Path, text: str, options: tuple[str, ...], words: str
) -> None:
    space.write_text(text)
    said = call(space, *options)
    assert said.exit_code == 2
    assert words in said.output
    assert "Traceback" not in said.output


def test_data_needs_a_space_of_series(space: Path, tmp_path: Path) -> None:
    data = tmp_path / "own.csv"
    data.write_text("level\n" + "\n".join(map(str, range(100))))
    said = call(space, "--data", data)
    assert said.exit_code == 2
    assert '--data needs task = "series"' in said.output


def test_another_space_under_the_same_name_is_refused(space: Path) -> None:
    call(space, "--workers", 0)
    space.write_text(SPACE.replace("steps = 20", "steps = 30"))
    said = call(space)
    assert said.exit_code == 2
    assert "There is a sweep 'cells' with other settings" in said.output
