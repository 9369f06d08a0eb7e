from __future__ import annotations

from tests.dashboard.train_page import click, healthy, look_at, page, slider, step_and_loss


def test_an_update_is_shown_phase_by_phase() -> None:
    app = click(page(look="slow", cell="gru"), "step")
    for number in range(6):
        following = [b for b in app.button if b.key.startswith("next ")]
        assert step_and_loss(app)[0] == 1
        assert following[0].label == ("Next update" if number == 5 else "Next phase")
        app = healthy(following[0].click().run())
    assert step_and_loss(app)[0] == 2
    assert app.segmented_control(key="phase of update_en").value == "forward"


def test_looking_back_the_next_update_is_that_of_then() -> None:
    app = page(look="slow")
    for _ in range(3):
        app = click(app, "step")
    app = healthy(slider(app, "moment").set_value(1).run())
    healthy(app.segmented_control(key="phase of update_en").set_value("carry").run())
    (following,) = [b for b in app.button if b.key.startswith("next ")]
    app = healthy(following.click().run())
    assert step_and_loss(app)[0] == 2
    assert slider(app, "moment").value == 2
    assert app.session_state["session"].run.index == 3


def test_it_plays_by_itself_until_another_view_is_chosen() -> None:
    app = click(page(look="slow", window_length="3"), "step")
    app = healthy(app.toggle(key="play slowly").set_value(True).run())
    session = app.session_state["session"]
    assert session.resting_beat is not None
    app = healthy(look_at(app).set_value("gates").run())
    assert session.resting_beat is None
    app = healthy(look_at(app).set_value("slow").run())
    assert not app.toggle(key="play slowly").value
    assert step_and_loss(app)[0] == 1
