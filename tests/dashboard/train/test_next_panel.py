from __future__ import annotations

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from rnn_core import Event, RunConfig
from tests.dashboard.train_page import button, click, config, healthy, page


def carrying() -> AppTest:
    """A paused run that carries memory across windows."""
    return after(1000, page(lr="0.005"))


def after(steps: int, app: AppTest) -> AppTest:
    """The page once its run has taken this many steps."""
    run = app.session_state["session"].run
    run.play()
    while run.index < steps:
        run.tick(steps - run.index, 10**6)
    run.pause()
    return healthy(app.run())


def said(app: AppTest) -> str:
    (found,) = [each.value for each in app.caption if each.value.startswith("**What next?**")]
    return str(found)


def test_at_first_there_is_nothing_to_suggest() -> None:
    app = page()
    assert said(app) == "**What next?** Watch the run: what it shows suggests what to try."
    assert not [each for each in app.button if each.key and each.key.startswith("follow_")]


def test_a_suggestion_that_is_followed_changes_the_setting_and_plays() -> None:
    app = carrying()
    assert "The network carries memory across windows" in said(app)
    assert button(app, "follow_carry_off").label == "Turn carry off: how low can it go now?"
    app = click(app, "follow_carry_off")
    assert config(app) == RunConfig(lr=0.005, carry_state=False)
    assert button(app, "run").label == "Pause"


def test_a_suggestion_that_is_put_aside_gives_way_to_another() -> None:
    app = click(carrying(), "skip_carry_off")
    assert config(app).carry_state
    assert not [each for each in app.button if each.key == "follow_carry_off"]
    assert [each for each in app.button if each.key and each.key.startswith("follow_carries")]


def test_a_collapse_is_branched_from_just_before_it_with_a_lower_learning_rate() -> None:
    app = after(300, page())
    run = app.session_state["session"].run
    # The run itself has not collapsed: it is told so.
    run._events._items.append(Event("collapse", 200, 300, 0.01, 0.6))
    app = click(healthy(app.run()), "follow_collapse_lr")
    assert config(app) == replace(RunConfig(), lr=0.002)
    frame = run.frame()
    assert 199 <= frame.step.index < 220  # playing on from there
    assert {event.kind for event in frame.events if event.step == 199} == {
        "branch",
        "learning_rate",
    }


def test_once_a_suggestion_is_followed_one_looks_at_what_came_of_it() -> None:
    app = click(carrying(), "skip_carry_off")
    assert "[Lesson 7 explains it.](learn?lesson=vanishing&lang=en)" in said(app)
    app = click(app, "follow_carries_cell")
    assert config(app).cell == "lstm"
    app = after(150, app)
    assert "how far back does it reach?" in said(app)
    app = click(app, "follow_look_gradient")
    assert app.query_params["look"] == "gradient"
    assert "how far back does it reach?" not in said(app)
