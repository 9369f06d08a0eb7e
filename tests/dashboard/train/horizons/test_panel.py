"""The test part is forecast on demand, and what was found stays with its run."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from dashboard.run.live_run import LiveRun
from rnn_core.experiments.rolling_origin import rolling_origin
from tests.dashboard.runs import go_on
from tests.dashboard.train_page import button, click, healthy, page


def live(app: AppTest) -> LiveRun:
    run: LiveRun = app.session_state["session"].run
    return run


def says(app: AppTest, words: str) -> bool:
    return any(words in said.value for said in app.markdown)


def test_only_a_task_with_a_test_part_has_the_section() -> None:
    assert not [shown for shown in page().button if shown.key == "evaluate_test_part"]


def test_the_test_part_is_forecast_when_asked_with_the_weights_on_screen() -> None:
    app = page(task="series", hidden_size="4", horizons="3")
    go_on(live(app), 30)
    app = healthy(app.run())
    charts = len(app.get("vega_lite_chart"))
    assert not says(app, "origins in the test part")
    live(app).look_back(20)
    app = click(app, "evaluate_test_part")
    assert says(app, "the weights are those of step 20 throughout")
    assert says(app, "**Beyond it the forecast is iterated**")
    assert len(app.get("vega_lite_chart")) == charts + 2
    trainer = live(app)._past
    assert trainer is not None
    expected = rolling_origin(trainer.trainer, 3).scores
    table = app.dataframe[-1].value
    assert len(table) == 12
    network = table[table["forecast"] == "network"]
    assert network["mase"].tolist() == [score.mase for score in expected["network"]]
    # What was found stays while the run goes on, and goes with it.
    app = click(app, "step")
    assert says(app, "step 20 throughout")
    app = click(app, "run")
    assert button(app, "evaluate_test_part").disabled
    app = click(app, "run")
    app = healthy(app.slider(key="hidden_size").set_value(8).run())
    assert not says(app, "origins in the test part")


def test_a_horizon_beyond_the_test_part_is_refused_in_a_sentence() -> None:
    app = page(task="series", series="airline", window_length="8", horizons="40")
    app = click(app, "evaluate_test_part")
    assert any("The test part has 22 rows, too few for" in said.value for said in app.warning)


def test_of_several_targets_one_is_shown_and_all_are_averaged() -> None:
    columns = "power (MW),temperature (°C)"
    app = page(
        task="series",
        series="tetouan",
        inputs=columns,
        targets=columns,
        hidden_size="4",
        horizons="2",
    )
    assert not [shown for shown in app.selectbox if shown.label == "Target"]
    app = click(app, "evaluate_test_part")
    assert says(app, "Mean MAE over 2 targets, each in its standard deviation")
    found = live(app).rolling_origins(2)
    assert found is not None
    (choice,) = [shown for shown in app.selectbox if shown.label == "Target"]
    assert choice.options == columns.split(",")
    for number, each in enumerate(found):
        app = healthy(choice.set_value(number).run())
        table = app.dataframe[-1].value
        network = table[table["forecast"] == "network"]
        assert network["mae"].tolist() == [score.mae for score in each.scores["network"]]
        choice = app.selectbox(key=choice.key)
