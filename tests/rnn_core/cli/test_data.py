from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from safetensors.torch import load

from rnn_core import TASKS, Comparison, Trainer, evaluate
from rnn_core.cli.data import Data, data_of, plan_of, task_of, with_series
from rnn_core.cli.files import Refused, continued
from rnn_core.cli.main import cli
from rnn_core.io import load_checkpoint, save_checkpoint
from rnn_core.series import SeriesPlan, bundled_series
from rnn_core.tasks.series import SeriesTask

ROWS = 600


def text(broken: dict[int, str] | None = None) -> str:
    """Dates, a city, two columns of numbers, and one that is mostly empty."""
    lines = ["date,city,revenue,cost,rare"]
    for row in range(ROWS):
        day = np.datetime64("2024-01-01") + row
        revenue = (broken or {}).get(row, f"{100 + 20 * np.sin(0.9 * row):.4f}")
        lines.append(f"{day},Bern,{revenue},{50 + np.cos(0.3 * row):.4f},{row if row % 3 else ''}")
        if row % 3:
            lines[-1] = lines[-1].rpartition(",")[0] + ","
        else:
            lines[-1] += str(row)
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("sales.csv").write_text(text())
    Path("other.csv").write_text(text({7: "oops"}))
    return tmp_path


def run(*arguments: str) -> Result:
    done = CliRunner(catch_exceptions=False).invoke(cli, arguments)
    assert "Traceback" not in done.output
    return done


def train(*arguments: str) -> Result:
    return run("train", "--engine", "torch", *arguments)


def own(path: str, target: str = "revenue", **settings: Any) -> Trainer:
    """A trainer on a file, made without the command line."""
    config = TASKS["series"].config(**settings)
    plan = SeriesPlan(inputs=(target,), targets=(target,))
    return Trainer(config, task=SeriesTask(Data.read(Path(path)).series, plan, config))


def test_what_was_noticed_in_the_columns_that_are_used_is_told(folder: Path) -> None:
    said: list[str] = []
    data = Data.read(Path("other.csv"), say=said.append)
    assert data.series.columns == ("revenue", "cost")
    assert len(data.series) == ROWS - 1
    assert said == [
        "other.csv: Line 9, column 'revenue': 'oops' is no number.",
        "other.csv: Rows left out because a value is missing: 1.",
    ]
    filled = Data.read(Path("other.csv"), missing="interpolate")
    assert len(filled.series) == ROWS


@pytest.mark.parametrize(("holes", "more"), [(3, []), (4, [" 1 more notes of this kind."])])
def test_the_first_five_notes_are_told_and_the_number_of_the_others(
    folder: Path, holes: int, more: list[str]
) -> None:
    said: list[str] = []
    days = [f"{np.datetime64('2024-01-01') + day},{day % 7}" for day in range(60)]
    kept = [day for n, day in enumerate(days) if n not in [9 * hole + 5 for hole in range(holes)]]
    kept[2] = kept[2].split(",")[0] + ",oops"
    Path("holes.csv").write_text("\n".join(["date,v", *kept]))
    Data.read(Path("holes.csv"), say=said.append)
    assert len(said) == 5 + len(more)
    assert [each.removeprefix("holes.csv:") for each in said[5:]] == more


def test_a_run_on_a_file_of_ones_own_is_that_of_a_trainer_and_is_evaluated(folder: Path) -> None:
    done = train("--data", "sales.csv", "--target", "revenue", "--horizon", "2", "--steps", "40")
    assert done.exit_code == 0, done.output
    trainer = own("sales.csv", delay=2)
    ours = trainer.advance(40)
    found = load_checkpoint(Path("run.safetensors").read_bytes())
    assert found.history is not None
    assert found.history.loss.tolist() == ours.losses.tolist()
    assert found.digest == trainer.task.units.series.digest  # type: ignore[union-attr]
    assert found.plan == SeriesPlan(inputs=("revenue",), targets=("revenue",))
    assert "floor: persistence" in done.stdout
    again = run("evaluate", "run.safetensors", "sales.csv")
    assert again.exit_code == 0, again.output
    assert f"{evaluate(trainer).loss.mean:.6f}" in again.stdout
    told = again.stdout.splitlines()
    assert done.stdout.splitlines()[2:-1] == told[2:12]
    assert told[12].split() == ["forecasts", "of", "revenue", "MAE", "RMSE", "MASE", "lag"]
    assert run("evaluate", "run.safetensors", "--data", "sales.csv").stdout == again.stdout


def test_a_run_goes_on_with_the_same_data_bit_for_bit_and_with_no_other(folder: Path) -> None:
    flags = ("--data", "sales.csv", "--inputs", "revenue,cost", "--target", "cost", "--test", "0.2")
    assert train(*flags, "--steps", "50", "-o", "whole").exit_code == 0
    assert train(*flags, "--steps", "20", "-o", "part").exit_code == 0
    before = Path("part").read_bytes()
    done = train("--resume", "part", "--steps", "50")
    assert done.exit_code == 2
    assert "Give the file of the series as well." in done.stderr
    done = train("--resume", "part", "--steps", "50", "--data", "other.csv")
    assert done.exit_code == 2
    assert "other.csv is not the series that the run was trained on" in done.stderr
    done = train("--resume", "part", "--steps", "50", "--data", "sales.csv", "--target", "revenue")
    assert done.exit_code == 2
    assert "Leave --target out" in done.stderr
    assert Path("part").read_bytes() == before
    done = train("--resume", "part", "--steps", "50", "--data", "sales.csv")
    assert done.exit_code == 0, done.output
    part, whole = (load(Path(name).read_bytes()) for name in ("part", "whole"))
    assert all((part[name] == whole[name]).all() for name in whole)
    done = run("evaluate", "part", "other.csv")
    assert done.exit_code == 2
    assert "other.csv has no row after those that the run was trained" in done.stderr


def test_a_script_of_it_reads_the_data_beside_it_and_leaves_the_file_alone(folder: Path) -> None:
    assert train("--data", "sales.csv", "--target", "revenue", "--steps", "25").exit_code == 0
    assert run("export", "run.safetensors", "--to", "script").exit_code == 2
    assert run("export", "run.safetensors", "--to", "weights").exit_code == 2
    done = run("export", "run.safetensors", "--to", "script", "--data", "sales.csv")
    assert done.stdout == "saved in run.py\nsaved in sales-series.csv\n"
    assert Path("sales.csv").read_text() == text()
    namespace: dict[str, Any] = {}
    exec(Path("run.py").read_text(encoding="utf-8"), namespace)
    ours = own("sales.csv").advance(25).losses
    np.testing.assert_allclose(namespace["losses"], ours, rtol=0, atol=1e-5)
    done = run("export", "run.safetensors", "--to", "weights", "--data", "sales.csv")
    assert done.exit_code == 0


def test_contenders_are_compared_on_it(folder: Path) -> None:
    flags = ("--vary", "cell=rnn,gru", "--hidden-size", "4", "--seeds", "2", "--steps", "15")
    done = run("compare", "--data", "sales.csv", "--engine", "torch", *flags, "-o", "losses.csv")
    assert done.exit_code == 0, done.output
    task = own("sales.csv").task
    configs = [TASKS["series"].config(cell=cell, hidden_size=4) for cell in ("rnn", "gru")]
    comparison = Comparison(configs, 2, task=task)
    for _step in zip(range(15), comparison.steps(), strict=False):
        pass
    expected = comparison.held_out().losses.ravel().tolist()
    rows = Path("losses.csv").read_text().splitlines()[1:]
    assert [float(row.split(",")[2]) for row in rows] == expected


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--target", "city"), "Line 2, column 'city': 'Bern' is no number."),
        (("--target", "rare"), "Column 'rare' is empty in 400 of 600 rows."),
        (("--inputs", "revenu"), "Did you mean 'revenue'?"),
        (("--time", "city"), "Column 'city' holds text, no times."),
        (("--task", "adding"), "--data is for the task series, not adding."),
        (("--horizon", "2", "--delay", "3"), "--horizon and --delay are the same setting."),
        (("--window-length", "300"), "The training part has 420 rows"),
        (("--test", "0.9"), "--test"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(
    folder: Path, flags: tuple[str, ...], said: str
) -> None:
    done = train("--data", "sales.csv", *flags, "--steps", "5")
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert not Path("run.safetensors").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "is a picture, no table"),
        (b"a,b\nx,y\nz,w\n" * 5, "at least one column of numbers"),
    ],
)
def test_a_file_without_a_series_is_refused(folder: Path, content: bytes, said: str) -> None:
    Path("odd.csv").write_bytes(content)
    done = train("--data", "odd.csv")
    assert done.exit_code == 2
    assert said in done.stderr
    assert train("--data", "none.csv").stderr == "Error: none.csv: No such file or directory.\n"


def test_columns_may_have_commas_in_their_names(folder: Path) -> None:
    lines = "\n".join(f"{row % 7},{row % 5}" for row in range(50))
    Path("odd.csv").write_text(f'"a, b",c\n{lines}\n')
    data = Data.read(Path("odd.csv"))
    assert data.columns(("a, b", "c")) == ("a, b", "c")
    with pytest.raises(ValueError, match="Unknown column 'a'"):
        data.columns(("a,c",))


def test_what_is_chosen_of_a_series_needs_one() -> None:
    none: dict[str, Any] = dict.fromkeys(("data", "horizon", "time", "validation", "test"))
    none |= {"standardise": None, "missing": "drop", "target": (), "inputs": ()}
    assert data_of(none, print) is None
    with pytest.raises(click.UsageError, match="--horizon chooses from a series"):
        data_of({**none, "horizon": 3}, print)
    assert with_series({"lr": 0.1}, {"horizon": 4}) == {"lr": 0.1, "task": "series", "delay": 4}


def test_the_defaults_of_a_plan_follow_from_what_is_given(folder: Path) -> None:
    data = Data.read(Path("sales.csv"))
    params: dict[str, Any] = {"target": (), "inputs": (), "validation": None, "test": None}

    def plan(**more: Any) -> SeriesPlan:
        return plan_of(data, {**params, "standardise": None, **more})

    assert plan() == SeriesPlan(inputs=("revenue",), targets=("revenue",))
    assert plan(target=("cost",)).inputs == ("cost",)
    assert plan(inputs=("cost", "revenue")).targets == ("cost",)
    assert plan(validation=0.3, standardise=False).validation == 0.3


def test_a_bundled_series_is_found_by_its_digest() -> None:
    series = bundled_series("airline")
    config = TASKS["series"].config(hidden_size=3, window_length=6)
    plan = SeriesPlan(inputs=series.columns[:1], targets=series.columns[:1])
    trainer = Trainer(config, task=SeriesTask(series, plan, config))
    trainer.advance(3)
    checkpoint = load_checkpoint(save_checkpoint(trainer))
    task = task_of(checkpoint, None)
    assert task is not None
    assert task.series.digest == series.digest
    assert continued(checkpoint, task).index == 2
    plain = Trainer(TASKS["adding"].config(hidden_size=3))
    plain.advance(1)
    with pytest.raises(Refused, match="The run was trained on no series"):
        task_of(load_checkpoint(save_checkpoint(plain)), Data(series, None))  # type: ignore[arg-type]
