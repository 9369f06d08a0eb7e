from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page(done: bool) -> None:
    """Draws the panel of a search, and updates it; or the outcome of one that has ended."""
    from dashboard.compare.lr_search import panel
    from dashboard.compare.places_panel import lay_out
    from tests.dashboard.searches import finished, search

    if done:
        panel.show_outcome(finished(search()), lay_out())
    else:
        live = search()
        shown = panel.Panel(live, "Tuned again.", lay_out())
        live.step_once()
        shown.update()


def drawn(done: bool) -> AppTest:
    app = AppTest.from_function(page, args=(done,), default_timeout=60).run()
    assert list(app.exception) == []
    return app


def test_the_panel_says_status_budget_and_progress() -> None:
    app = drawn(done=False)
    assert "Press **Run**" in app.markdown[0].value
    assert "Tuned again." in app.markdown[0].value
    assert "30 runs of 20 steps" in app.markdown[0].value
    assert "Seeds 2 to 4; the comparison uses seeds 0 to 1" in app.markdown[1].value
    assert [(metric.label, metric.value) for metric in app.metric] == [("At step", "1")]
    (bar,) = app.get("progress")
    assert bar.proto.text.startswith("Step 1 of 20")
    assert bar.proto.value == 4  # two of fifty steps and evaluations
    assert len(app.get("vega_lite_chart")) == 1
    assert app.dataframe[0].value["contender"].tolist() == ["carried", "reset"]


def test_the_outcome_is_a_sentence_with_its_details() -> None:
    app = drawn(done=True)
    assert app.caption[0].value.startswith("Tuned learning rates: carried ")
    assert "30 runs of 20 steps" in app.caption[1].value
    assert len(app.get("vega_lite_chart")) == 1
    rates = app.dataframe[0].value["lr"].tolist()
    assert any("At the edge of the grid" in told.value for told in app.warning) == (
        not {"0.002", "0.2"}.isdisjoint(rates)
    )
