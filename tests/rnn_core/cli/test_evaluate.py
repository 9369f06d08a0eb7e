from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from safetensors import safe_open
from safetensors.torch import load, save

from rnn_core import TASKS, RunConfig, Trainer, evaluate
from rnn_core.cli.main import cli
from rnn_core.experiments.rolling_origin import mean_mae, rolling_origin, rolling_origins
from rnn_core.io import save_checkpoint
from rnn_core.series import SeriesPlan, bundled_series
from rnn_core.tasks.series import SeriesTask


def test_the_held_out_loss_of_a_file_is_that_of_its_run(tmp_path: Path) -> None:
    trainer = Trainer(RunConfig(cell="lstm", hidden_size=5))
    trainer.advance(60)
    path = tmp_path / "run"
    path.write_bytes(save_checkpoint(trainer))
    done = CliRunner(catch_exceptions=False).invoke(cli, ["evaluate", str(path)])
    assert done.exit_code == 0, done.output
    assert f"{evaluate(trainer).loss.mean:.6f}" in done.stdout
    assert done.stdout.splitlines()[1].split() == ["steps", "60"]


def test_weights_alone_have_nothing_to_be_evaluated_on(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(save(Trainer(RunConfig(hidden_size=3)).model.state_dict()))
    done = CliRunner(catch_exceptions=False).invoke(cli, ["evaluate", str(path)])
    assert done.exit_code == 2
    assert "nothing says what they were trained on" in done.stderr


def test_forecasts_by_horizon_are_those_of_the_run(tmp_path: Path) -> None:
    trainer = Trainer(TASKS["series"].config(hidden_size=5))
    trainer.advance(60)
    path = tmp_path / "run"
    path.write_bytes(save_checkpoint(trainer))
    done = CliRunner(catch_exceptions=False).invoke(cli, ["evaluate", str(path), "--horizons", "2"])
    assert done.exit_code == 0, done.output
    table = [line.split() for line in done.stdout.splitlines()[-8:]]
    found = rolling_origin(trainer, 2)
    assert [line[:2] for line in table] == [
        [str(h), key] for h in (1, 2) for key in ("network", "persistence", "seasonal", "drift")
    ]
    for line in table:
        score = found.scores[line[1]][int(line[0]) - 1]
        assert line[2:] == [f"{score.mae:.5g}", f"{score.rmse:.5g}", f"{score.mase:.3f}"]
    assert "trained for horizon 1, iterated beyond it" in done.stdout


def test_every_target_is_scored_by_horizon(tmp_path: Path) -> None:
    series = bundled_series("tetouan")
    plan = SeriesPlan(inputs=series.columns, targets=series.columns)
    config = TASKS["series"].config(hidden_size=5)
    trainer = Trainer(config, task=SeriesTask(series, plan, config))
    trainer.advance(30)
    path = tmp_path / "run"
    path.write_bytes(save_checkpoint(trainer))
    done = CliRunner(catch_exceptions=False).invoke(cli, ["evaluate", str(path), "--horizons", "2"])
    assert done.exit_code == 0, done.output
    found = rolling_origins(trainer, 2)
    lines = [line.split() for line in done.stdout.splitlines()]
    for each in found:
        place = lines.index(each.column.split())
        row = next(line for line in lines[place:] if line[:2] == ["2", "persistence"])
        assert row[2] == f"{each.scores['persistence'][1].mae:.5g}"
    means = mean_mae(found)
    assert means is not None
    assert f"mean over {len(found)} targets" in done.stdout
    assert lines[-1] == ["2", "drift", f"{means['drift'][1]:.5g}"]


def test_a_task_without_a_test_part_has_no_horizons(tmp_path: Path) -> None:
    trainer = Trainer(RunConfig(hidden_size=3))
    trainer.advance(5)
    path = tmp_path / "run"
    path.write_bytes(save_checkpoint(trainer))
    done = CliRunner(catch_exceptions=False).invoke(cli, ["evaluate", str(path), "--horizons", "2"])
    assert done.exit_code == 2
    assert "A rolling origin needs a series with a test part." in done.stderr


ROWS, NEWER = 400, 520


def table(first: int, last: int, *, every: int = 1) -> pd.DataFrame:
    """Days, a weekly column, one that hardly changes, and one with holes that no run reads."""
    row = np.arange(0, NEWER * every)
    noise = np.random.default_rng(3).normal(size=len(row))
    found = pd.DataFrame(
        {
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(row, "D"),
            "revenue": (100 + 20 * np.sin(2 * np.pi * row / 7) + noise).round(4),
            "cost": (50 + np.cos(0.3 * row)).round(4),
            "extra": np.where(row % 3, row, np.nan),
        }
    )
    return found.iloc[first : last * every : every]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    table(0, ROWS).drop(columns="extra").to_csv(folder / "sales.csv", index=False)
    arguments = ["--target", "revenue", "--inputs", "revenue,cost", "--steps", "300", "-q"]
    arguments += ["--data", str(folder / "sales.csv"), "-o", str(folder / "run")]
    done = CliRunner(catch_exceptions=False).invoke(cli, ["train", "--engine", "torch", *arguments])
    assert done.exit_code == 0, done.output
    return folder / "run"


def scored(run: Path, frame: pd.DataFrame, folder: Path, *more: str) -> Result:
    frame.to_csv(folder / "newer.csv", index=False)
    done = CliRunner(catch_exceptions=False).invoke(
        cli, ["evaluate", str(run), "--data", f"{folder}/newer.csv", *more]
    )
    assert "Traceback" not in done.output
    return done


def value(done: Result, name: str) -> list[str]:
    """What stands beside a name in the last line that has it."""
    [*_others, line] = [line for line in done.stdout.splitlines() if line.strip().startswith(name)]
    return line.strip().removeprefix(name).split()


def test_newer_rows_are_scored_beside_naive_forecasts_of_the_training_part(
    trained: Path, tmp_path: Path
) -> None:
    done = scored(trained, table(ROWS, NEWER), tmp_path)
    assert done.exit_code == 0, done.output
    # 24 rows warm up, and the horizon is 1; 95 rows are left, three windows of 24.
    assert " ".join(value(done, "rows scored")) == (
        "26 to 97 of 120 in newer.csv, 2025-03-01 to 2025-05-11; 3 windows"
    )
    revenue = table(0, NEWER)["revenue"].reset_index(drop=True)
    train = revenue[:280]
    rows = slice(ROWS + 25, ROWS + 97)
    scale = train.diff(7).abs().mean()
    for name, forecast in {
        "a constant": revenue * 0 + train.mean(),
        "persistence": revenue.shift(1),
        "seasonal": revenue.shift(7),
    }.items():
        error = (forecast - revenue)[rows]
        mae, rmse = error.abs().mean(), (error**2).mean() ** 0.5
        found = value(done, name)
        assert found[:3] == [f"{mae:.5g}", f"{rmse:.5g}", f"{mae / scale:.3f}"]
        loss = (error**2).mean() / train.std(ddof=0) ** 2
        assert float(value(done, f"floor: {name}")[0]) == pytest.approx(loss, abs=1e-6)
    assert value(done, "persistence")[3] == "1.0"
    assert value(done, "lag of the network")[-2:] == ["horizon", "1:"] or "in time" in done.stdout
    network, floor = float(value(done, "network")[1]), float(value(done, "held-out loss")[0])
    assert network == pytest.approx(floor**0.5 * train.std(ddof=0), rel=1e-3)


def test_rows_that_the_run_has_seen_only_warm_up(trained: Path, tmp_path: Path) -> None:
    whole = scored(trained, table(0, NEWER), tmp_path)
    assert " ".join(value(whole, "rows scored")).startswith("401 to 520 of 520 in newer.csv")
    part = scored(trained, table(300, NEWER), tmp_path)
    assert " ".join(value(part, "rows scored")).startswith("101 to 220 of 220 in newer.csv")
    # The same rows, after more rows that come before; a seasonal forecast reads the last week.
    assert value(part, "seasonal") == value(whole, "seasonal")
    seen = scored(trained, table(100, ROWS), tmp_path)
    assert seen.exit_code == 2
    assert "newer.csv has no row after those that the run was trained" in seen.stderr
    told = scored(trained, table(100, ROWS), tmp_path, "--all-rows")
    assert " ".join(value(told, "rows scored")).startswith("26 to 289 of 300")


def test_newer_rows_by_horizon(trained: Path, tmp_path: Path) -> None:
    done = scored(trained, table(ROWS, NEWER), tmp_path, "--horizons", "3")
    assert done.exit_code == 0, done.output
    assert "forecasts of revenue from 95 origins in the scored rows" in done.stdout


def test_rows_without_times_are_compared_by_their_numbers(trained: Path, tmp_path: Path) -> None:
    newer = table(0, NEWER).drop(columns="date")
    done = scored(trained, newer, tmp_path)
    assert " ".join(value(done, "rows scored")) == "401 to 520 of 520 in newer.csv; 5 windows"
    assert done.stderr == (
        "newer.csv has no times, so the interval between rows was not compared.\n"
    )


def test_rows_that_do_not_fit_the_run_are_refused_in_a_sentence(
    trained: Path, tmp_path: Path
) -> None:
    newer = table(ROWS, NEWER)
    for frame, said in (
        (newer.drop(columns="cost"), "newer.csv has no column 'cost', which the run reads"),
        (newer.assign(cost="low"), "Line 2, column 'cost': 'low' is no number."),
        (newer[:65], "newer.csv has 65 rows to score, too few: 73 are needed, 25 that warm up"),
        (
            table(ROWS, NEWER, every=7),
            "The rows of newer.csv are 1 week apart, those of the run's series 1 day.",
        ),
        (
            newer.assign(date=np.arange(120)),
            "newer.csv has no times",
        ),
    ):
        done = scored(trained, frame, tmp_path)
        assert said in done.stderr
        assert done.exit_code == (0 if said.endswith("no times") else 2)
    twice = CliRunner(catch_exceptions=False).invoke(
        cli, ["evaluate", str(trained), "a.csv", "--data", "b.csv"]
    )
    assert twice.exit_code == 2
    assert "The series stands there twice." in twice.stderr


def test_a_file_of_an_earlier_version_scores_its_own_series_alone(
    trained: Path, tmp_path: Path
) -> None:
    with safe_open(trained, "pt") as file:
        metadata = file.metadata()
    del metadata["trained_series"]
    old = tmp_path / "old"
    old.write_bytes(save(load(trained.read_bytes()), metadata))
    done = scored(old, table(ROWS, NEWER), tmp_path)
    assert done.exit_code == 2
    assert "keeps too little of that one to score other rows" in done.stderr
    done = scored(old, table(0, ROWS).drop(columns="extra"), tmp_path)
    assert done.exit_code == 0, done.output
    assert done.stdout == scored(trained, table(0, ROWS).drop(columns="extra"), tmp_path).stdout
