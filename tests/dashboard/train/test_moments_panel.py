from __future__ import annotations

from streamlit.testing.v1 import AppTest

from dashboard.run.frame import StepNumbers
from dashboard.train.moments_panel import table
from rnn_core import Event
from tests.dashboard.runs import go_on
from tests.dashboard.train_page import button, click, healthy, page, step_and_loss

COLLAPSE = Event("collapse", 12, 14, 0.01, 0.5)


def collapsed() -> AppTest:
    """A paused run of 20 steps that is told of a collapse."""
    app = page()
    run = app.session_state["session"].run
    go_on(run, 20)
    run._events._items.append(COLLAPSE)
    return healthy(app.run())


def shows_table(app: AppTest) -> bool:
    return any("gradient norm |" in said.value for said in app.markdown)


def test_a_moment_is_told_and_a_click_goes_there_with_what_explains_it() -> None:
    app = collapsed()
    assert any("step 12: " in said.value for said in app.markdown)
    assert not shows_table(app)
    assert button(app, "go_collapse").label == "Go to step 12"
    app = click(app, "go_collapse")
    assert step_and_loss(app)[0] == 12
    assert app.query_params["look"] == "gradient"
    (numbers,) = [said.value for said in app.markdown if "gradient norm |" in said.value]
    assert numbers.startswith("| step | 10 | 11 | **12** | 13 | 14 |")
    app = healthy(app.run())
    assert shows_table(app)
    app = click(app, "step")
    assert not shows_table(app)


def test_the_list_of_moments_goes_there_too() -> None:
    app = collapsed()
    (moments,) = [shown for shown in app.selectbox if shown.key.startswith("event")]
    app = healthy(moments.set_value(moments.options[0]).run())
    assert step_and_loss(app)[0] == 12
    assert shows_table(app)


def test_a_moment_while_playing_pauses_there() -> None:
    app = collapsed()
    app = click(app, "run")
    app = click(app, "go_collapse")
    assert button(app, "run").label == "Run"
    assert step_and_loss(app)[0] == 12


def test_steps_in_numbers_are_columns() -> None:
    around = StepNumbers(4, 0.1, 3.0, True, 0.01), StepNumbers(5, 0.2, 0.5, False, 0.02)
    assert table(around, 5).splitlines() == [
        "| step | 4 | **5** |",
        "|:--|--:|--:|",
        "| online loss | 0.10 | **0.20** |",
        "| gradient norm | 3.0 | **0.50** |",
        "| clipped | yes | **no** |",
        "| update ‖Δw‖ / ‖w‖ | 0.010 | **0.020** |",
    ]
