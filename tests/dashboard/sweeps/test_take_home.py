from __future__ import annotations

import shlex
from pathlib import Path

from click.testing import CliRunner

from dashboard.app.own_series import File, OwnSeries
from dashboard.sweeps.plan import toml
from dashboard.sweeps.take_home import command, file_name
from rnn_core.cli.data import Data
from rnn_core.cli.main import cli
from rnn_core.experiments.sweep import Space, Sweep
from rnn_core.series import SeriesPlan


def test_a_sweep_is_one_file_and_one_line() -> None:
    assert file_name("0123456789", "toml") == "sweep_0123456789.toml"
    line = "python -m rnn_core sweep sweep_0123456789.toml --out sweep_0123456789.csv"
    assert command("0123456789") == line


def test_a_bundled_series_is_named_by_its_place() -> None:
    line = command("a", OwnSeries({"series": "airline"}))
    assert "--data rnn_core/series/bundled/airline.csv --inputs " in line


def test_a_file_that_is_not_here_is_named_all_the_same() -> None:
    own = OwnSeries({"file": File("my sales.csv", "0" * 16)})
    assert "--data 'my sales.csv' " in command("a", own)


def test_the_line_trains_the_visitor_s_series_as_the_page_splits_it(tmp_path: Path) -> None:
    path = tmp_path / "my sales.csv"
    path.write_text("a,the b\n" + "\n".join(f"{n % 7},{n % 5}.5" for n in range(200)))
    series = Data.read(path).series
    choices = {
        "file": File(series.name, series.digest),
        "inputs": ("a", "the b"),
        "targets": ("the b",),
        "validation": 0.2,
        "test": 0.1,
        "standardise": False,
    }
    line = command("a", OwnSeries(choices, series))
    assert line == (
        "python -m rnn_core sweep sweep_a.toml --data 'my sales.csv' --inputs a --inputs 'the b' "
        "--target 'the b' --validation 0.2 --test 0.1 --no-standardise --out sweep_a.csv"
    )
    space = Space(
        axes={"lr": [0.01, 0.02]},
        settings={"task": "series", "window_length": 5, "hidden_size": 3},
        steps=20,
        seeds=1,
        engine="torch",
    )
    (tmp_path / "sweep_a.toml").write_text(toml(space))
    words = line.replace("sweep_a", str(tmp_path / "sweep_a")).replace("'my", f"'{tmp_path}/my")
    done = CliRunner().invoke(cli, [*shlex.split(words)[3:], "--workers", "1", "--quiet"])
    assert done.exit_code == 0, done.output
    made = Sweep.open(str(tmp_path / "sweep_a.journal"), "sweep_a")
    assert made.progress().done == 2
    plan = SeriesPlan(
        inputs=("a", "the b"), targets=("the b",), validation=0.2, test=0.1, standardise=False
    )
    assert f'"validation": {plan.validation}' in made.series
    assert series.digest in made.series
