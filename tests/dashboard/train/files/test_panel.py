"""The File menu: a file is opened, or refused with a sentence and nothing lost."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest
from torch import nn

from dashboard.app.playback import Status
from dashboard.run.live_run import LiveRun
from dashboard.run.views.registry import VIEWS
from rnn_core import TASKS, RunConfig, Trainer
from rnn_core.io import save_checkpoint
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask
from tests.dashboard.runs import go_on, run_after
from tests.dashboard.train_page import click, healthy, page, slider


def live(app: AppTest) -> LiveRun:
    run: LiveRun = app.session_state["session"].run
    return run


def opened(app: AppTest, data: bytes) -> AppTest:
    """The page after a file has been chosen."""
    app = with_menu(app)
    app.file_uploader[0].upload("file.safetensors", data, "application/octet-stream")
    return with_menu(app)


def with_menu(app: AppTest, language: str = "en") -> AppTest:
    """The page with the File menu open; `AppTest` forgets after a run that it is."""
    app.session_state[f"file_menu_{language}"] = True
    return healthy(app.run())


def foreign(inputs: int = 1, hidden: int = 5, layers: int = 2) -> bytes:
    network, readout = nn.LSTM(inputs, hidden, layers), nn.Linear(hidden, 1)
    tensors = {f"l.{name}": each for name, each in network.state_dict().items()}
    return save(tensors | {f"o.{name}": each for name, each in readout.state_dict().items()})


def test_a_run_is_opened_with_its_settings_in_sidebar_and_link_and_goes_on() -> None:
    config = RunConfig(cell="gru", hidden_size=9, optimizer="sgd", momentum=0.5, seed=21)
    run = run_after(30, config)
    run.configure(RunConfig(**{**config.to_dict(), "lr": 0.3}))
    app = opened(page(lang="en", look="gradient"), run.checkpoint())
    assert live(app).config.to_dict() == {**config.to_dict(), "lr": 0.3}
    assert (live(app).index, live(app).status) == (30, Status.PAUSED)
    assert "The run of the file goes on from step 30." in " ".join(m.value for m in app.markdown)
    assert slider(app, "hidden_size").value == 9
    assert app.query_params == {
        "lang": "en",
        "look": "gradient",
        "cell": "gru",
        "hidden_size": "9",
        "lr": "0.3",
        "optimizer": "sgd",
        "momentum": "0.5",
        "seed": "21",
    }
    app = click(app, "step")
    for _ in range(49):
        live(app).step_once()
    go_on(run, 50)
    assert live(app).frame().curve[1].tolist() == run.frame().curve[1].tolist()
    app = click(healthy(app.run()), "reset")
    assert live(app).index == 0


@pytest.mark.parametrize("key", ["gradient", "weights"])
def test_weights_from_elsewhere_are_looked_into_and_trained(key: str) -> None:
    assert key in VIEWS
    app = opened(click(page(look=key), "step"), foreign())
    assert (live(app).config.cell, live(app).config.num_layers) == ("lstm", 2)
    assert "These are the weights of the file." in " ".join(m.value for m in app.markdown)
    app = click(app, "step")
    assert live(app).index == 1


@pytest.mark.parametrize(
    ("data", "said", "chinese"),
    [
        (b"hello", "The file is no safetensors file", "文件"),
        (foreign(7), "reads 7 and gives 1 numbers per time step", "7"),
        (save({"a": torch.zeros(2)}), "must hold one nn.RNN", "nn.RNN"),
    ],
)
def test_a_wrong_file_gets_a_sentence_and_nothing_is_lost(
    data: bytes, said: str, chinese: str
) -> None:
    app = click(page(), "step")
    before = live(app).frame().step
    app = opened(app, data)
    assert [said in error.value for error in app.error] == [True]
    assert live(app).frame().step is before
    app.session_state["chosen settings"] = {"lang": "zh_CN"}
    app = with_menu(app, "zh_CN")
    (error,) = app.error
    assert chinese in error.value
    assert said not in error.value
    app = opened(app, run_after(3).checkpoint())
    assert not app.error
    assert live(app).index == 3


def test_a_network_that_is_too_large_for_the_server_is_refused_in_whole_sentences() -> None:
    app = page(window_length="200", batch_size="64")
    before = live(app)
    app = opened(app, foreign(hidden=256, layers=4))
    (said,) = [error.value for error in app.error]
    assert said.startswith("One training step would take 142 billion floating-point operations")
    assert "One of these alone is enough: batch size 13, points per window 42, " in said
    assert said.endswith("`python -m rnn_core` on a computer of your own has no such limit.")
    assert live(app) is before
    assert live(app).config.hidden_size == 32
    app.session_state["chosen settings"] = {"lang": "zh_CN"}
    (said,) = [error.value for error in with_menu(app, "zh_CN").error]
    assert "142×10⁹" in said
    assert said.endswith("没有这样的限制。")


def test_a_run_whose_changes_are_not_known_is_offered_no_script_and_the_menu_says_why() -> None:
    trainer = Trainer(RunConfig(hidden_size=3))
    trainer.advance(4)
    app = opened(page(lang="en"), save_checkpoint(trainer))
    disabled = {each.key for each in app.get("download_button") if each.proto.disabled}
    said = "does not say whether the learning rate or gradient clipping was changed"
    assert {"save-py", "save-ipynb"} <= disabled
    assert any(said in caption.value for caption in app.caption)
    app = with_menu(click(app, "reset"))
    assert not any(said in caption.value for caption in app.caption)


def test_a_run_on_a_series_needs_that_series_and_brings_its_columns() -> None:
    values = np.random.default_rng(5).normal(size=(300, 2)).cumsum(axis=0)
    sales = Series(values, ("a", "b"), "sales.csv")
    config = TASKS["series"].config(hidden_size=3)
    plan = SeriesPlan(inputs=("a", "b"), targets=("b",), validation=0.25)
    run = LiveRun(config, task=SeriesTask(sales, plan, config), engine="torch")
    go_on(run, 8)
    app = click(page(lang="en", validation="0.1"), "step")
    before = live(app).frame().step
    app = opened(app, run.checkpoint())
    (refused,) = app.error
    assert "Upload it on the Data page" in refused.value
    assert live(app).frame().step is before
    assert app.query_params["validation"] == "0.1"
    app.session_state["own series"] = sales  # as the Data page keeps an upload
    app = opened(app, run.checkpoint())
    assert not app.error
    assert live(app).index == 8
    assert app.query_params["inputs"] == "a,b"
    assert app.query_params["validation"] == "0.25"
    live(app).step_once()
    run.step_once()
    assert live(app).frame().step == run.frame().step
