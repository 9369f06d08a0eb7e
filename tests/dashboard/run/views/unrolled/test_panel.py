from __future__ import annotations

from tests.dashboard.train_page import healthy, page, slider


def test_the_equations_are_those_of_the_chosen_unit_and_time_step() -> None:
    app = page(look="unrolled")
    before = [latex.value for latex in app.latex]
    assert len(before) == 1
    app = healthy(slider(app, "chosen 10").set_value(4).run())
    app = healthy(slider(app, "chosen unit").set_value(7).run())
    after = [latex.value for latex in app.latex]
    assert after != before
    hidden = app.session_state["session"].run.frame().hidden[-1]
    assert f"= {hidden[3, 6]:.2f}" in after[0]


def test_of_one_unit_none_has_to_be_chosen() -> None:
    app = page(look="unrolled", hidden_size="1")
    assert not [shown for shown in app.slider if shown.key.startswith("chosen unit")]
