from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnn_core import TASKS, Estimate, Floor, RunConfig, Trainer, build_task, evaluate
from rnn_core.cli.report import (
    _against_naive,
    evaluation_lines,
    forecast_lines,
    name_of,
    online_line,
    progress_bar,
    rolling_origin_lines,
    run_line,
)
from rnn_core.diagnostics import ForecastLag, ForecastScores
from rnn_core.experiments.rolling_origin import rolling_origins
from rnn_core.series.scores import Scores


def test_an_evaluation_has_the_held_out_loss_the_ablation_and_the_floors() -> None:
    trainer = Trainer(RunConfig(hidden_size=8))
    trainer.advance(300)
    found = evaluate(trainer)
    lines = evaluation_lines(trainer.task, found)
    assert lines[0].split()[:3] == ["held-out", "loss", f"{found.loss.mean:.6f}"]
    assert lines[1].split()[-1] == f"{found.reset.mean():.6f}"
    assert [line.split()[-1] for line in lines if "floor:" in line] == [
        f"{floor.value:.6f}" for floor in trainer.task.floors()
    ]
    assert lines[-1].startswith("verdict")


def test_a_run_that_carries_no_state_has_no_ablation() -> None:
    trainer = Trainer(TASKS["adding"].config(hidden_size=2))
    trainer.advance(2)
    assert not any("state" in line for line in evaluation_lines(trainer.task, evaluate(trainer)))


@pytest.mark.parametrize("name", TASKS)
def test_every_floor_has_a_name_that_leaves_room_for_its_number(name: str) -> None:
    for floor in build_task(TASKS[name].config()).floors():
        assert "_" not in name_of(floor)
        assert len(name_of(floor)) < 27


def test_the_online_loss_is_that_of_the_last_twenty_steps() -> None:
    assert online_line([100.0, *[0.5] * 20]).split()[-1] == "0.500000"
    assert online_line([1.0, 2.0]).split()[-1] == "1.500000"


def test_a_run_is_named_by_its_settings() -> None:
    trainer = Trainer(RunConfig(cell="gru", hidden_size=2))
    assert run_line(trainer) == (
        "gru, 2 units, 33 parameters, on sin_to_cos, seed 13, torch engine"
    )


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(10) as bar:
        bar.update(5, "loss 1")
    assert capsys.readouterr() == ("", "")


def test_forecasts_stand_with_their_errors_and_their_lag() -> None:
    lag = ForecastLag(0.96, -0.04, 1.2, 1, np.arange(3), np.zeros(3), 0.05)
    late = replace(lag, low=0.8)
    score = Scores(12.5, 20.0, 0.75)
    found = ForecastScores(
        "level", {"network": score, "constant": score}, {"network": late, "constant": None}
    )
    lines = forecast_lines((found,))
    assert [line.split() for line in lines[:3]] == [
        ["forecasts", "of", "level", "MAE", "RMSE", "MASE", "lag"],
        ["network", "12.5", "20", "0.750", "1.0"],
        ["a", "constant", "12.5", "20", "0.750", "-"],
    ]
    assert lines[3].split(maxsplit=4)[4] == (
        "1.0  [0.8, 1.2] of horizon 1: it repeats the last value, it has learnt persistence"
    )
    in_time = replace(found, lags={"network": replace(lag, lag=-0.02), "constant": None})
    assert forecast_lines((in_time,))[-1].endswith("0.0  [0.0, 1.2] of horizon 1: in time")


@pytest.mark.parametrize(
    ("high", "said"),
    [
        (0.19, "better than every naive forecast"),
        (0.2, "not better than persistence; better than drift"),
        (0.3, "not better than persistence, drift"),
    ],
)
def test_a_series_is_beaten_where_the_whole_interval_lies_below_its_naive_forecasts(
    high: float, said: str
) -> None:
    found: Any = SimpleNamespace(loss=Estimate(0.1, 0.05, high))
    drift, persistence = (
        Floor(key, at, "exact") for key, at in (("drift", 0.3), ("persistence", 0.2))
    )
    assert _against_naive(found, (drift, persistence)) == said


def test_a_forecast_without_a_lag_has_no_line_of_its_own() -> None:
    late = ForecastLag(0.96, 0.8, 1.2, 3, np.arange(3), np.zeros(3), 0.5)
    scores = {"network": Scores(1.0, 2.0, 3.0)}
    between = ForecastScores("level", scores, {"network": late})
    assert forecast_lines((between,))[-1].endswith("  1.0  [0.8, 1.2] of horizon 3")
    assert len(forecast_lines((replace(between, lags={"network": None}),))) == 2


@pytest.mark.parametrize("horizons", [1, 2])
def test_a_rolling_origin_says_whether_the_network_reads_its_own_forecasts(horizons: int) -> None:
    trainer = Trainer(TASKS["series"].config(hidden_size=2))
    trainer.advance(2)
    found = rolling_origins(trainer, horizons, origins=30)
    lines = rolling_origin_lines(found, "the rows")
    column = found[0].column
    assert lines[0] == f"forecasts of {column} from 30 origins in the rows"
    more = ", iterated beyond it: it reads its own forecasts" if horizons == 2 else ""
    assert lines[1] == f"the network was trained for horizon 1{more}; its weights stay as they are"
    assert lines[2].split() == ["horizon", "forecast", "MAE", "RMSE", "MASE"]
    assert len(lines) == 3 + horizons * len(found[0].scores)
