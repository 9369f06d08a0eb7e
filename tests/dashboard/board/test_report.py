from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.app.playback import Status
from dashboard.board.report import DIVERGED, PAUSED, READY, WITHHELD, config_of, report_of
from dashboard.board.store import Report
from dashboard.run.live_run import LiveRun, Standing
from rnn_core import CELLS, RunConfig
from rnn_core.config import is_read
from rnn_core.tasks import TASKS
from tests.dashboard.runs import run_after


def test_a_run_is_reported_with_what_its_link_would_name() -> None:
    config = RunConfig(cell="gru", hidden_size=5, seed=7)
    run = run_after(3, config)
    first = report_of(_standing(run))
    assert (first.status, first.step, first.loss) == (PAUSED, 3, None)
    assert first.query == "task=sin_to_cos&cell=gru&hidden_size=5&seed=7"
    frame = run.frame()  # which evaluates
    assert frame.verdict is not None
    report = report_of(_standing(run))
    assert (report.loss, report.judged_at) == (frame.verdict.loss.mean, 3)
    assert report.floors == frame.floors
    assert not report.symbols
    assert config_of(report) == config


def test_a_learning_rate_that_was_changed_on_the_way_is_the_one_that_is_reported() -> None:
    run = run_after(2)
    run.configure(replace(run.config, lr=0.05))
    config = config_of(report_of(_standing(run)))
    assert config is not None
    assert config.lr == 0.05


def test_a_run_on_a_series_is_withheld() -> None:
    report = report_of(replace(_standing(run_after(1)), config=RunConfig(task="series")))
    assert report == Report(WITHHELD)
    assert config_of(report) is None


def test_what_settings_alone_do_not_make_has_no_settings_to_show() -> None:
    report = report_of(replace(_standing(run_after(1)), given=True))
    assert (report.query, report.step) == ("", 1)
    assert config_of(report) is None


def test_a_loss_that_is_no_finite_number_is_none() -> None:
    standing = replace(_standing(run_after(0)), held_out=float("nan"), status=Status.DIVERGED)
    report = report_of(standing)
    assert (report.status, report.loss) == (DIVERGED, None)
    assert report_of(_standing(run_after(0))).status == READY


@pytest.mark.parametrize("task", [name for name in TASKS if name != "series"])
@pytest.mark.parametrize("cell", list(CELLS))
def test_settings_are_read_as_they_were_written(task: str, cell: str) -> None:
    defaults = {**RunConfig().to_dict(), **TASKS[task].defaults}
    config = RunConfig.from_dict({**defaults, "task": task, "cell": cell, "seed": 3, "lr": 0.017})
    standing = replace(_standing(run_after(0)), config=config)
    read = config_of(report_of(standing))
    assert read is not None
    for name, value in config.to_dict().items():
        if is_read(name, config):
            assert getattr(read, name) == value, name


@pytest.mark.parametrize("query", ["cell=nonsense", "room=ABCDEF", "lr=-1", "task=copy&lr=x"])
def test_what_is_no_link_is_shown_without_settings(query: str) -> None:
    assert config_of(Report(PAUSED, query)) is None


def _standing(run: LiveRun) -> Standing:
    found = run.standing()
    assert found is not None
    return found
