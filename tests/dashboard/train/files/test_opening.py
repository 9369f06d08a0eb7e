from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import save
from torch import nn

from dashboard.app.own_series import File, OwnSeries, bundled
from dashboard.run.live_run import shown_config
from dashboard.train.files.opening import choices, placed, series_choices
from rnn_core import TASKS, RunConfig, Trainer
from rnn_core.io import Checkpoint, load_checkpoint, save_checkpoint, save_weights
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask
from tests.dashboard.runs import run_after


def foreign(inputs: int, outputs: int) -> Checkpoint:
    tensors = {f"gru.{name}": each for name, each in nn.GRU(inputs, 6).state_dict().items()}
    tensors |= {f"out.{name}": each for name, each in nn.Linear(6, outputs).state_dict().items()}
    return load_checkpoint(save(tensors))


def test_a_run_keeps_its_settings_and_weights_take_those_of_the_page() -> None:
    page = RunConfig(cell="lstm", hidden_size=20, lr=0.5, seed=4, single_bias=True)
    run = load_checkpoint(run_after(3, RunConfig(cell="gru", lr=0.001)).checkpoint())
    assert placed(run, page) is run
    opened = placed(foreign(1, 1), page)
    expected = replace(page, cell="gru", hidden_size=6, single_bias=False)
    assert opened.config == expected
    assert choices(opened)["lr"] == 0.5
    assert shown_config(opened) == expected


def test_sizes_that_no_task_or_another_task_has_are_told() -> None:
    with pytest.raises(ValueError, match=r"reads 7 and gives 1 numbers .* No task here"):
        placed(foreign(7, 1), RunConfig())
    with pytest.raises(ValueError, match=r"reads 2 and gives 1 numbers .*again: .*Adding"):
        placed(foreign(2, 1), RunConfig())


def test_settings_that_the_page_cannot_have_are_told() -> None:
    long = run_after(1, RunConfig(window_length=400))
    with pytest.raises(ValueError, match="window_length must be a whole number from 2 to 200"):
        choices(load_checkpoint(long.checkpoint()))


def test_the_page_shows_the_rate_that_the_run_goes_on_with() -> None:
    run = run_after(3, RunConfig(lr=0.01))
    run.configure(RunConfig(lr=0.1))
    assert choices(load_checkpoint(run.checkpoint()))["lr"] == 0.1


SALES = Series(
    np.random.default_rng(5).normal(size=(300, 3)).cumsum(axis=0), ("a", "b", "c"), "sales.csv"
)
PLAN = SeriesPlan(inputs=("a", "c"), targets=("c",), validation=0.2, test=0.1, standardise=False)
SETTINGS = TASKS["series"].config(hidden_size=3)


def on(series: Series, plan: SeriesPlan | None = None) -> Checkpoint:
    """A run on a series."""
    plan = plan or SeriesPlan(inputs=series.columns[:1], targets=series.columns[:1])
    trainer = Trainer(SETTINGS, task=SeriesTask(series, plan, SETTINGS))
    trainer.advance(3)
    return load_checkpoint(save_checkpoint(trainer))


def test_a_run_brings_its_columns_and_split_to_the_file_that_is_here() -> None:
    before = {"series": "co2", "inputs": ("b",), "validation": 0.3, "file": File("x.csv", "12")}
    found = series_choices(on(SALES, PLAN), before, SALES)
    assert found == {
        "series": "co2",
        "file": File("sales.csv", SALES.digest),
        "inputs": ("a", "c"),
        "targets": ("c",),
        "validation": 0.2,
        "test": 0.1,
        "standardise": False,
    }
    assert OwnSeries(found, SALES).plan == PLAN
    other = {"a": 1}
    assert series_choices(load_checkpoint(run_after(2).checkpoint()), other, SALES) is other


def test_a_run_on_a_bundled_series_chooses_it() -> None:
    found = series_choices(on(bundled("co2")), {"file": File("sales.csv", SALES.digest)}, SALES)
    assert (found["series"], found.get("file")) == ("co2", None)
    own = OwnSeries(found, SALES)
    assert (own.series.digest, own.missing) == (bundled("co2").digest, None)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            None,
            r"trained on the series `sales.csv`, which its file does not hold. Upload it on the "
            rf"Data page.*Inputs: `a`, `c`. Targets: `c`. Digest: `{SALES.digest}`.",
        ),
        (
            Series(SALES.values[:, :2], ("a", "b"), "other.xlsx"),
            r"page, `other.xlsx`, has no column `c`. Upload `sales.csv` there",
        ),
        (
            Series(SALES.values[:-1], SALES.columns, "sales.csv"),
            r"has other numbers or columns \(digest `\w{16}`\). Upload the same file",
        ),
    ],
)
def test_a_series_that_is_not_here_is_named_with_what_differs(
    file: Series | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        series_choices(on(SALES, PLAN), {}, file)


def test_a_file_that_does_not_tell_the_columns_needs_those_of_the_run() -> None:
    older = replace(on(SALES, PLAN), plan=None)
    with pytest.raises(ValueError, match=r"used other columns of `sales\.csv` or another split"):
        series_choices(older, {}, SALES)
    chosen = series_choices(on(SALES, PLAN), {}, SALES)
    assert series_choices(older, chosen, SALES) == chosen


def test_weights_need_as_many_columns_as_they_read() -> None:
    trainer = Trainer(SETTINGS, task=SeriesTask(SALES, PLAN, SETTINGS))
    trainer.advance(1)
    weights = load_checkpoint(save_weights(trainer))
    said = "reads 2 and forecasts 1 columns. Chosen on the Data page are 1 and 1"
    with pytest.raises(ValueError, match=said):
        series_choices(weights, {}, SALES)
    with pytest.raises(ValueError, match=said):
        placed(foreign(2, 1), SETTINGS)
    chosen = {"inputs": ("a", "b"), "targets": ("b",), "file": File("sales.csv", SALES.digest)}
    assert series_choices(weights, chosen, SALES) is chosen
