"""The choice of the column whose lag is measured."""

from __future__ import annotations

from dashboard.run.views.lag import LagControls
from dashboard.run.views.registry import view
from tests.dashboard.train_page import click, healthy, page


def test_of_several_columns_one_is_chosen() -> None:
    columns = "power (MW),temperature (°C)"
    app = page(look="lag", task="series", series="tetouan", inputs=columns, targets=columns)
    (choice,) = [shown for shown in app.selectbox if shown.label == "Forecast column"]
    assert choice.options == columns.split(",")
    run = app.session_state["session"].run
    for number, column in enumerate(choice.options):
        app = healthy(choice.set_value(number).run())
        cached = run._now._cache.last(view("lag"))
        assert cached.result.quantity == column
        assert run.inspect(view("lag"), LagControls(number)) is cached
        choice = app.selectbox(key=choice.key)


def test_one_column_leaves_no_choice() -> None:
    app = click(page(look="lag", task="series"), "step")
    assert not [shown for shown in app.selectbox if shown.label == "Forecast column"]
