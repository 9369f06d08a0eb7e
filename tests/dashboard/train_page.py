"""The Train page in Streamlit's own test runner, in which timers never fire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, Slider

from rnn_core import RunConfig

APP = Path(__file__).parents[2] / "streamlit_app.py"


def page(**query: str) -> AppTest:
    """The page that a link opens."""
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params.update(query)
    return healthy(app.run())


def healthy(app: AppTest) -> AppTest:
    """The page, which must not show an exception."""
    assert list(app.exception) == []
    return app


def button(app: AppTest, name: str) -> Button:
    """A button of the player; what means another thing while playing has another key then."""
    keys = {"run": ("play", "pause"), "step": ("step_once", "step_out_of_play")}.get(name, (name,))
    (found,) = [shown for shown in app.button if shown.key and shown.key.startswith(keys)]
    return found


def click(app: AppTest, name: str) -> AppTest:
    """Click a button of the player."""
    return healthy(button(app, name).click().run())


def slider(app: AppTest, key: str) -> Slider:
    """The slider whose key begins like this."""
    (found,) = [shown for shown in app.slider if shown.key.startswith(key)]
    return found


def look_at(app: AppTest) -> Any:
    """The control that chooses the view."""
    return app.segmented_control(key="look_en")


def step_and_loss(app: AppTest) -> tuple[int, str]:
    """The step and its online loss; held-out loss and speed follow."""
    step, loss, _held_out, _speed = (metric.value for metric in app.metric)
    return int(step), loss


def config(app: AppTest) -> RunConfig:
    """The settings of the run."""
    shown: RunConfig = app.session_state["session"].run.config
    return shown
