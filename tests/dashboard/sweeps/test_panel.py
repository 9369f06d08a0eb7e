from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.app.language import use_language
from dashboard.sweeps.manager import FOLDER, QUEUED, RUNNING, TooManySweeps
from dashboard.sweeps.panel import manager
from dashboard.sweeps.plan import SWEEP_RUNS
from rnn_core.experiments.sweep import Sweep, run_point, work
from tests.dashboard.sweeps.found_sweeps import space
from tests.dashboard.sweeps.sweeps_page import page, said
from tests.dashboard.train_page import healthy

NAME = "0123456789"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


def test_a_sweep_that_is_finished_is_shown_with_its_pictures_and_files(folder: Path) -> None:
    work(Sweep.create(space(), str(folder / f"{NAME}.journal"), NAME))
    app = page(sweep=NAME)
    assert "Best point: **" in said(app)
    assert "**cell** RNN, GRU × **learning rate** 0.01, 0.02" in said(app)
    # A heat map, lines, shares, and learning curves of each cell.
    assert len(app.get("vega_lite_chart")) == 5
    table = app.dataframe[0].value
    assert len(table) == 4
    assert table["link"][0].startswith("./?")
    assert [each.proto.id.rpartition("-")[2] for each in app.get("download_button")] == [
        "download_sweep_csv",
        "download_sweep_parquet",
        "download_sweep_toml",
    ]
    assert f"python -m rnn_core sweep sweep_{NAME}.toml --out sweep_{NAME}.csv" in [
        code.value for code in app.code
    ]
    assert not [found for found in app.button if found.key in ("stop_sweep", "resume_sweep")]


def test_beside_a_sweep_stand_its_own_settings_and_not_those_of_the_reader(folder: Path) -> None:
    Sweep.create(space(), str(folder / f"{NAME}.journal"), NAME)
    app = page(sweep=NAME, hidden_size="9")
    assert [each.value for each in app.sidebar.subheader] == ["The same for all points"]
    assert "Hidden units: **4**" in app.sidebar.markdown[0].value
    assert not app.sidebar.slider
    assert app.query_params["hidden_size"] == "9"
    app = healthy(app.button(key="new_sweep").click().run())
    assert app.sidebar.slider(key="hidden_size").value == 9
    assert not app.sidebar.subheader
    assert not page(sweep=NAME, hide="settings").sidebar.markdown
    assert not page(sweep="no sweep!!").sidebar.subheader


def test_a_stopped_sweep_can_be_resumed_and_stopped(folder: Path) -> None:
    Sweep.create(space(steps=1_000_000), str(folder / f"{NAME}.journal"), NAME)
    app = page(sweep=NAME)
    assert "No point is done yet" in said(app)
    app = healthy(app.button(key="resume_sweep").click().run())
    assert manager().snapshot(NAME).status in (QUEUED, RUNNING)
    app = healthy(app.button(key="stop_sweep").click().run())
    manager().close()
    assert manager().snapshot(NAME).progress.waiting == 4


def test_why_a_sweep_cannot_start_is_said_in_the_language_of_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_given: object) -> None:
        raise TooManySweeps("8 sweeps wait or run already.")

    monkeypatch.setattr(type(manager()), "start", refuse)
    app = page(lang="zh_CN")
    use_language("zh_CN")  # in which the test names the chosen options, as the browser does
    app = healthy(app.button(key="start_sweep").click().run())
    use_language("en")
    (problem,) = app.error
    assert problem.value.startswith("这台服务器上已有 8 个扫描")


def test_starting_shows_the_sweep_and_puts_its_name_into_the_address() -> None:
    app = page(sweep_steps="20000", sweep_seeds="16")
    app = healthy(app.button(key="start_sweep").click().run())
    name = app.query_params["sweep"]
    assert manager().exists(name)
    assert not [found for found in app.button if found.key in ("start_sweep", "show_sweep")]
    assert app.button(key="stop_sweep")
    # Other settings are another sweep; the same again are this one.
    app = healthy(app.button(key="new_sweep").click().run())
    assert "sweep" not in app.query_params
    assert app.button(key="show_sweep")
    app = healthy(app.number_input(key="sweep_seeds").set_value(15).run())
    assert app.button(key="start_sweep")
    manager().close()


def test_a_grid_tells_what_matters_once_it_is_whole(folder: Path) -> None:
    sweep = Sweep.create(space(), str(folder / f"{NAME}.journal"), NAME)
    claim = sweep.claim("elsewhere")
    assert claim
    claim.finish(run_point(space(), space().config(claim.point)))
    app = page(sweep=NAME)
    assert "once the whole grid is done" in "".join(each.value for each in app.caption)
    assert len(app.get("vega_lite_chart")) == 4


def test_a_point_that_failed_says_why(folder: Path) -> None:
    sweep = Sweep.create(space(), str(folder / f"{NAME}.journal"), NAME)
    while claim := sweep.claim("elsewhere"):
        claim.fail("No room for 3 networks.")
    app = page(sweep=NAME)
    assert [error.value for error in app.error] == ["No room for 3 networks."]
    assert "Points that failed: 4" in "".join(each.value for each in app.caption)


def test_a_folder_that_cannot_be_made_is_told_without_its_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").touch()
    monkeypatch.setenv(FOLDER, str(folder / "file" / "sweeps"))
    app = page()
    assert [error.value for error in app.error] == [
        "The server cannot use its folder of sweeps. Its log says why."
    ]


def test_where_sweeps_are_off_one_that_was_stopped_stays_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sweep.create(space(), str(folder / f"{NAME}.journal"), NAME)
    monkeypatch.setenv(SWEEP_RUNS, "0")
    app = page(sweep=NAME)
    assert app.button(key="resume_sweep").disabled
    assert "this one stays as it is" in "".join(each.value for each in app.caption)
