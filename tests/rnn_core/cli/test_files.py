from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rnn_core import RunConfig, Trainer
from rnn_core.cli.files import Refused, Target, continued, read_run
from rnn_core.io import load_checkpoint, save_checkpoint
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask


def test_a_target_replaces_a_file_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(b"before")
    target = Target(path)
    assert path.read_bytes() == b"before"
    target.write(b"after")
    assert path.read_bytes() == b"after"
    assert os.listdir(tmp_path) == ["run"]


def test_what_fails_leaves_the_file_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    path.write_bytes(b"before")
    target = Target(path)

    def full(_source: str, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left on device"):
        target.write(b"after")
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["run"]


def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No such file or directory"):
        Target(tmp_path / "none" / "run")
    with pytest.raises(IsADirectoryError, match="Is a directory"):
        Target(tmp_path)


def test_a_run_is_read_from_its_file(tmp_path: Path) -> None:
    trainer = Trainer(RunConfig(hidden_size=3))
    trainer.advance(5)
    (tmp_path / "run").write_bytes(save_checkpoint(trainer))
    assert continued(read_run(tmp_path / "run")).index == 4


def test_a_run_on_ones_own_series_cannot_go_on_without_it() -> None:
    config = RunConfig(task="series", hidden_size=3)
    trainer = Trainer(config)
    trainer.advance(2)
    assert continued(load_checkpoint(save_checkpoint(trainer))).index == 1
    series = Series(np.sin(np.arange(400.0))[:, None], ("y",), "mine")
    plan = SeriesPlan(inputs=("y",), targets=("y",))
    trainer = Trainer(config, task=SeriesTask(series, plan, config))
    trainer.advance(2)
    with pytest.raises(Refused, match="a series of one's own, which its file does not hold"):
        continued(load_checkpoint(save_checkpoint(trainer)))
