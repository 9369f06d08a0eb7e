from __future__ import annotations

import numpy as np

from dashboard.run.views.free_run import FreeRunControls
from dashboard.run.views.registry import view
from tests.dashboard.train_page import click, healthy, page, slider


def test_the_wave_can_change_after_warm_up() -> None:
    app = click(page(look="free"), "step")
    run = app.session_state["session"].run
    app = healthy(slider(app, "free frequency").set_value(2.0).run())
    app = healthy(slider(app, "free amplitude").set_value(3.0).run())
    chosen = FreeRunControls(feed_back=False, frequency=2.0, amplitude=3.0)
    cached = run._now._cache.last(view("free"))
    assert run.inspect(view("free"), chosen) is cached  # it is what the page has asked for
    assert cached.step == 1
    assert np.abs(cached.result.targets[10:]).max() > 2.5


def test_predictions_can_be_fed_back_or_not() -> None:
    app = page(look="free", task="lorenz")
    run = app.session_state["session"].run
    assert app.toggle(key="feed back").value
    assert run._now._cache.last(view("free")).result.fed_back
    assert not [shown for shown in app.slider if shown.key.startswith("free")]
    healthy(app.toggle(key="feed back").set_value(False).run())
    assert not run._now._cache.last(view("free")).result.fed_back


def test_separate_sequences_have_no_widgets() -> None:
    app = page(look="free", task="adding")
    assert not [shown for shown in app.toggle if shown.key == "feed back"]
    assert any("nothing to continue" in said.value for said in app.markdown)
