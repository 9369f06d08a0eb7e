"""The Data page."""

from __future__ import annotations

from tests.dashboard.data_page import page
from tests.dashboard.train_page import healthy


def test_a_series_its_split_and_its_naive_forecasts_are_shown() -> None:
    app = page(series="co2")
    assert len(app.get("vega_lite_chart")) == 2
    table = app.dataframe[0].value
    assert set(table["floor"]) >= {"constant", "persistence", "seasonal persistence", "drift"}
    assert not app.error


def test_a_choice_makes_the_series_the_task_and_stays_in_the_link() -> None:
    app = page(series="tetouan", window_length="15")
    assert app.number_input(key="data_window_length").value == 24
    app = healthy(app.number_input(key="data_delay").set_value(6).run())
    parameters = dict(app.query_params)
    assert parameters == {"series": "tetouan", "task": "series", "delay": "6"}
    app = healthy(app.multiselect[0].set_value(["power (MW)", "temperature (°C)"]).run())
    assert app.query_params["inputs"] == "power (MW),temperature (%C2%B0C)"


def test_a_series_too_short_for_its_windows_is_refused_in_a_sentence() -> None:
    app = page(series="airline")
    assert "The validation part has 22 rows, too few for" in app.error[0].value
    (go,) = [found for found in app.button if found.label == "Train on this"]
    assert go.disabled
    # The series is drawn all the same, and a click makes its windows fit.
    assert len(app.get("vega_lite_chart")) == 1
    (shorten,) = [found for found in app.button if found.label == "Use windows of 10 rows"]
    app = healthy(shorten.click().run())
    assert not app.error
    assert len(app.get("vega_lite_chart")) == 2
    assert dict(app.query_params) == {"series": "airline", "task": "series", "window_length": "10"}


def test_train_on_this_opens_the_train_page_with_the_series() -> None:
    app = page(series="co2")
    (go,) = [found for found in app.button if found.label == "Train on this"]
    app = healthy(go.click().run())
    assert app.query_params["task"] == "series"
    frame = app.session_state["session"].run.frame()
    assert frame.units.series.name == "co2"
    assert frame.validates
