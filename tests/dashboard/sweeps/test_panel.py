from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.sweeps.manager import FOLDER, QUEUED, RUNNING
from dashboard.sweeps.panel import manager
from rnn_core.experiments.sweep import Sweep, work
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
    assert len(app.get("vega_lite_chart")) == 2
    table = app.dataframe[0].value
    assert len(table) == 4
    assert table["link"][0].startswith("./?")
    assert len(app.get("download_button")) == 2
    assert not [found for found in app.button if found.key in ("stop_sweep", "resume_sweep")]


def test_a_stopped_sweep_can_be_resumed_and_stopped(folder: Path) -> None:
    Sweep.create(space(steps=1_000_000), str(folder / f"{NAME}.journal"), NAME)
    app = page(sweep=NAME)
    assert "No point is done yet" in said(app)
    app = healthy(app.button(key="resume_sweep").click().run())
    assert manager().snapshot(NAME).status in (QUEUED, RUNNING)
    app = healthy(app.button(key="stop_sweep").click().run())
    manager().close()
    assert manager().snapshot(NAME).progress.waiting == 4


def test_starting_shows_the_sweep_and_puts_its_name_into_the_address() -> None:
    app = page(sweep_steps="20000", sweep_seeds="16")
    app = healthy(app.button(key="start_sweep").click().run())
    name = app.query_params["sweep"]
    assert manager().exists(name)
    assert not [found for found in app.button if found.key in ("start_sweep", "show_sweep")]
    assert app.button(key="stop_sweep")
    # Other settings are another sweep; the same again are this one.
    app = healthy(app.number_input(key="sweep_seeds").set_value(15).run())
    assert "The settings have changed since" in "".join(each.value for each in app.caption)
    assert app.button(key="start_sweep")
    manager().close()


def test_a_folder_that_cannot_be_made_is_told_without_its_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").touch()
    monkeypatch.setenv(FOLDER, str(folder / "file" / "sweeps"))
    app = page()
    assert [error.value for error in app.error] == [
        "The server cannot use its folder of sweeps. Its log says why."
    ]
