"""The Compare page's logic, run by Streamlit's own test runner. Timers never fire there."""

from __future__ import annotations

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app import memory
from dashboard.app.limits import SERVER_MB
from dashboard.app.playback import Status
from dashboard.compare.live_comparison import LiveComparison
from rnn_core import CELLS, RunConfig, lr_grid

# The app with this page alone: the test runner cannot change pages.
SCRIPT = """
from dashboard.app.page import open_app
from dashboard.compare.page import COMPARE
open_app(COMPARE)
"""


def page(**query: str) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.query_params.update({"seeds": "2", "hidden_size": "4", **query})
    return healthy(app.run())


def healthy(app: AppTest) -> AppTest:
    assert list(app.exception) == []
    return app


def live(app: AppTest) -> LiveComparison:
    run: LiveComparison = app.session_state["comparison"].run
    return run


def names(app: AppTest) -> list[str]:
    return [contender.name for contender in live(app).contenders]


def click(app: AppTest, key: str) -> AppTest:
    (button,) = [shown for shown in app.button if shown.key and shown.key.startswith(key)]
    return healthy(button.click().run())


def test_it_opens_with_the_three_cells_and_everything_about_them() -> None:
    app = page()
    assert names(app) == ["RNN", "LSTM", "GRU"]
    assert live(app).frame().seeds == 2
    assert [metric.value for metric in app.metric] == ["0", "6 / 6"]
    charts = app.get("vega_lite_chart")
    assert len(charts) == 2 + 3
    for chart in charts:
        assert chart.proto.alt
        for dataset in chart.proto.datasets:
            assert pa.ipc.open_stream(dataset.data.data).read_all().num_columns > 0
    table = app.dataframe[0].value
    assert table["parameters"].tolist() == [33, 117, 89]
    assert table["reached"].tolist() == ["0 / 2"] * 3


def test_run_pause_and_step_move_all_networks_together() -> None:
    app = click(page(pace="20"), "play")
    step = int(app.metric[0].value)
    assert step == live(app).index > 0
    app = click(app, "pause")
    assert int(app.metric[0].value) == live(app).index
    app = click(app, "step_once")
    assert live(app).index == int(app.metric[0].value)
    assert click(app, "reset").metric[0].value == "0"


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("carry", ["carried", "reset"]),
        ("clipping", ["no clipping", "clip 1"]),
        ("forget_bias", ["forget bias 0", "forget bias 1"]),
        ("learning_rates", ["lr 0.004", "lr 0.02", "lr 0.1"]),
    ],
)
def test_a_preset_is_chosen_by_link_or_by_hand(preset: str, expected: list[str]) -> None:
    assert names(page(preset=preset)) == expected
    app = page()
    healthy(app.selectbox(key="preset_en").set_value(preset).run())
    assert names(app) == expected
    assert app.query_params["preset"] == preset


def test_parameters_can_be_made_equal() -> None:
    app = page(equal="parameters", hidden_size="32")
    counts = live(app).frame().parameter_counts
    assert max(counts) / min(counts) <= 1.02
    sizes = [contender.config.hidden_size for contender in live(app).contenders]
    assert sizes[0] > sizes[2] > sizes[1]


def test_contenders_of_ones_own_travel_in_the_link() -> None:
    app = page(preset="own", vs="cell:gru;cell:gru,hidden_size:9;lr:0.5")
    configs = [contender.config for contender in live(app).contenders]
    assert configs == [
        RunConfig(cell="gru", hidden_size=4),
        RunConfig(cell="gru", hidden_size=9),
        RunConfig(lr=0.5, hidden_size=4),
    ]
    assert app.query_params["vs"] == "cell:gru;cell:gru,hidden_size:9;lr:0.5"


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_can_be_compared_with_as_many_parameters(name: str) -> None:
    other = next(cell for cell in CELLS if cell != name)
    app = page(preset="own", vs=f"cell:{name};cell:{other}", equal="parameters", hidden_size="24")
    assert [said.split(",")[0] for said in names(app)] == [CELLS[c].title for c in (name, other)]
    counts = live(app).frame().parameter_counts
    assert max(counts) / min(counts) <= 1.02
    app = click(app, "step_once")
    assert live(app).index == 1
    app = healthy(app.segmented_control(key="view_en").set_value("span").run())
    assert [metric.value for metric in click(app, "step_once").metric] == ["1", "1"]


def test_a_link_that_cannot_be_is_said_and_the_cells_take_its_place() -> None:
    app = page(preset="own", vs="cell:rnn;cell:perceptron")
    (warning,) = app.warning
    assert warning.value == (
        "The link asks for `vs`=`cell:rnn;cell:perceptron`. "
        f"`cell` must be one of {', '.join(CELLS)}, not `perceptron`."
    )
    assert [contender.config.cell for contender in live(app).contenders] == ["rnn", "lstm", "gru"]


def test_a_preset_takes_the_place_of_ones_own() -> None:
    app = page(preset="own", vs="cell:gru;cell:lstm")
    healthy(app.selectbox(key="preset_en").set_value("carry").run())
    assert names(app) == ["carried", "reset"]
    assert "vs" not in app.query_params


def test_the_learning_rate_changes_without_starting_again() -> None:
    app = click(click(page(), "step_once"), "step_once")
    healthy(app.select_slider(key="lr").set_value(0.001).run())
    assert live(app).index == 2
    assert {contender.config.lr for contender in live(app).contenders} == {0.001}


def test_more_seeds_start_again_and_the_page_says_so() -> None:
    app = click(page(), "step_once")
    healthy(app.number_input(key="seeds").set_value(3).run())
    assert live(app).index == 0
    assert any("Started again from step 0" in said.value for said in app.markdown)


def test_the_threshold_decides_what_the_table_counts() -> None:
    app = click(page(threshold="100", pace="20"), "play")
    while live(app).index < 40:
        healthy(app.run())
    app = click(app, "pause")
    assert app.dataframe[0].value["reached"].tolist() == ["2 / 2"] * 3


@pytest.mark.parametrize("task", ["flip_flop", "adding", "copy"])
def test_other_tasks_are_compared_as_well(task: str) -> None:
    app = page(task=task)
    assert live(app).contenders[0].config.task == task
    click(app, "step_once")


def test_how_far_they_remember_is_a_view_of_its_own_with_the_same_player() -> None:
    app = page(view="span", span_seeds="1", pace="1")
    assert len(app.get("vega_lite_chart")) == 3
    assert [metric.value for metric in app.metric] == ["0", "1"]
    app = click(app, "step_once")
    assert [metric.value for metric in app.metric] == ["1", "1"]
    healthy(app.segmented_control(key="view_en").set_value("learning").run())
    assert len(app.get("vega_lite_chart")) == 5
    healthy(app.segmented_control(key="view_en").set_value("span").run())
    assert [metric.value for metric in app.metric] == ["1", "1"]


def test_the_sidebar_of_the_race_names_the_races_task_not_the_other_views() -> None:
    app = page(view="span", span_seeds="1", task="sin_to_cos")
    tasks = [shown.value for shown in app.sidebar.text_input if shown.label == "Task"]
    assert tasks == ["Delayed recall"]
    assert [shown.label for shown in app.sidebar.selectbox if shown.label == "Task"] == []
    captions = " ".join(shown.value for shown in app.sidebar.caption)
    assert "sin" not in captions
    assert "delayed recall, at one delay after another" in captions


def test_no_verdict_is_promised_where_every_network_has_diverged() -> None:
    app = page(preset="carry", optimizer="sgd", lr="1", hidden_size="128", seeds="1")
    for _step in range(18):
        if live(app).status is Status.DIVERGED:
            break
        app = click(app, "step_once")
    assert live(app).status is Status.DIVERGED
    assert live(app).index < 19
    said = " ".join(shown.value for shown in app.markdown)
    assert "**No verdict: every network" in said
    assert "comes with step" not in said


def span_names(app: AppTest) -> list[str]:
    return [contender.name for contender in app.session_state["span"].run.contenders]


def test_how_far_they_remember_begins_with_an_lstm_of_open_forget_gates_more() -> None:
    app = page(view="span", span_seeds="1")
    assert span_names(app) == ["RNN", "LSTM", "GRU", "LSTM, forget bias 1"]
    table = app.dataframe[0].value
    assert table["untrained"].between(1, 4).all()  # all measured, none above its bound
    assert table["bound"].tolist() == [4] * 4
    healthy(app.selectbox(key="span_preset_en").set_value("carry").run())
    assert span_names(app) == ["carried", "reset"]
    assert app.query_params["span_preset"] == "carry"
    healthy(app.segmented_control(key="view_en").set_value("learning").run())
    assert names(app) == ["RNN", "LSTM", "GRU"]


def test_a_preset_of_the_other_view_serves_until_this_one_has_its_own() -> None:
    assert span_names(page(view="span", preset="carry")) == ["carried", "reset"]
    app = page(view="span", preset="own", vs="cell:gru;cell:gru,hidden_size:9")
    assert span_names(app) == ["H 4", "H 9"]
    healthy(app.segmented_control(key="view_en").set_value("learning").run())
    assert names(app) == ["H 4", "H 9"]


def test_the_first_preset_that_was_chosen_where_another_had_served_is_in_the_link() -> None:
    app = page(view="span", span_seeds="1", preset="carry")
    healthy(app.selectbox(key="span_preset_en").set_value("with_forget_bias").run())
    link = dict(app.query_params.items())
    assert link["span_preset"] == "with_forget_bias"
    assert len(span_names(page(**link))) == 4


def test_it_speaks_chinese() -> None:
    assert names(page(preset="carry", lang="zh_CN")) == ["传递", "重置"]


@pytest.mark.parametrize("seed", [2**31 - 9, 2**31 - 8, 2**31 - 7, 2**31 - 2, 2**31 - 1])
@pytest.mark.parametrize("view", ["learning", "span"])
def test_seeds_end_at_the_largest_and_the_page_says_so(seed: int, view: str) -> None:
    app = page(seed=str(seed), seeds="8", span_seeds="8", view=view)
    run = app.session_state["comparison" if view == "learning" else "span"].run
    first = min(seed, 2**31 - 8)
    if view == "learning":
        assert run.frame().first_seed == first
    told = [f"Seeds {first} to {first + 7} are used instead." in w.value for w in app.warning]
    assert told == [True] * (first != seed)
    click(app, "step_once")


@pytest.mark.parametrize(
    "query",
    [
        {"seeds": "inf", "span_seeds": "inf", "threshold": "nan"},
        {"seeds": "1e400", "span_seeds": "", "threshold": "-1"},
        {"preset": "![x](http://a.invalid)", "equal": "", "view": "*", "vs": ""},
        {"preset": "own", "vs": "hidden_size:inf;lr:1e400"},
        {"preset": "own", "vs": "![x](http://a.invalid/b.png):1;cell:rnn"},
    ],
)
def test_what_a_link_cannot_have_is_refused(query: dict[str, str]) -> None:
    app = page(**query)
    assert len(app.warning) == len(query) - ("own" in query.values())
    assert not [told for told in app.warning if "](" in "".join(told.value.split("`")[::2])]
    click(app, "step_once")


def test_the_threshold_may_be_as_small_as_its_rule_allows() -> None:
    assert list(page(threshold="1e-12").warning) == []
    assert list(page(preset="own", vs="lr:1e-9;clip_norm:1e-9").warning) == []


def test_the_learning_rate_changes_without_starting_again_in_both_views() -> None:
    app = click(click(page(view="span", task="delayed_recall"), "step_once"), "step_once")
    healthy(app.select_slider(key="lr").set_value(0.001).run())
    run = app.session_state["span"].run
    assert run.index == 2
    assert {contender.config.lr for contender in run.contenders} == {0.001}
    assert not any("Started again" in said.value for said in app.markdown)


def tuned(**query: str) -> AppTest:
    """The page after the search for learning rates, played to its end."""
    app = click(page(tune_lr="true", tune_steps="20", **query), "play")
    while not app.session_state["lr_search"].run.done:
        healthy(app.run())
    return healthy(app.run())


def test_learning_rates_are_tuned_first_and_the_comparison_follows() -> None:
    app = page(tune_lr="true", tune_steps="20", preset="carry")
    assert "comparison" not in app.session_state
    assert any("30 runs of 20 steps" in said.value for said in app.markdown)
    app = tuned(preset="carry")
    search = app.session_state["lr_search"].run
    assert live(app).status is Status.PLAYING
    assert names(app) == ["carried", "reset"]
    assert live(app).contenders == search.tuned
    assert app.query_params["tune_lr"] == "true"
    (said,) = [each.value for each in app.caption if each.value.startswith("Tuned learning rates")]
    assert f"carried {search.tuned[0].config.lr:g}" in said
    # Other languages, and the way to another task and back, lose nothing.
    found = [contender.config.lr for contender in live(app).contenders]
    app = click(app, "pause")
    healthy(app.selectbox(key="task_en").set_value("noisy_sine").run())
    assert not search.done
    healthy(app.selectbox(key="task_en").set_value("sin_to_cos").run())
    assert [contender.config.lr for contender in live(app).contenders] == found
    step = live(app).index
    healthy(app.menu_button(key="language_menu").click("zh_CN").run())
    assert names(app) == ["传递", "重置"]
    assert [contender.config.lr for contender in live(app).contenders] == found
    assert live(app).index == step


def test_without_tuning_all_have_the_sidebars_rate_again() -> None:
    app = tuned(preset="carry")
    healthy(app.toggle(key="tune_lr").set_value(False).run())
    assert [contender.config.lr for contender in live(app).contenders] == [0.02, 0.02]
    assert live(app).index == 0 or live(app).status is Status.PLAYING
    healthy(app.toggle(key="tune_lr").set_value(True).run())
    assert live(app).contenders == app.session_state["lr_search"].run.tuned


def test_a_comparison_that_plays_waits_for_the_search_that_it_needs() -> None:
    app = click(page(preset="carry", tune_steps="20"), "play")
    healthy(app.toggle(key="tune_lr").set_value(True).run())
    assert live(app).status is Status.PAUSED
    assert app.session_state["lr_search"].run.status is Status.PLAYING


def test_contenders_that_differ_in_their_rate_alone_are_not_tuned() -> None:
    app = page(tune_lr="true", preset="learning_rates")
    assert "lr_search" not in app.session_state
    assert "nothing to tune" in app.info[0].value
    assert names(app) == ["lr 0.004", "lr 0.02", "lr 0.1"]


def test_tuning_replaces_rates_of_ones_own() -> None:
    app = page(tune_lr="true", preset="own", vs="cell:gru,lr:0.5;cell:rnn,lr:0.1")
    search = app.session_state["lr_search"].run
    assert [contender.name for contender in search.frame().contenders] == ["GRU", "RNN"]
    assert search.frame().choices[0].grid == lr_grid(0.02)
    assert app.query_params["vs"] == "cell:gru,lr:0.5;lr:0.1"


def test_more_than_the_server_allows_is_refused_and_the_comparison_before_stays() -> None:
    app = page(window_length="50", batch_size="16")
    before = live(app)
    app.slider(key="hidden_size").set_value(256).run()
    app.slider(key="num_layers").set_value(4).run()
    (said,) = [error.value for error in healthy(app).error]
    assert "35 billion floating-point operations" in said
    assert "The page still shows the comparison before." in said
    assert live(app) is before
    click(app, "step")
    assert live(app).index == 1


def test_a_link_to_more_than_the_server_allows_opens_with_the_reason_alone() -> None:
    app = page(seeds="32", hidden_size="256", num_layers="4")
    (said,) = [error.value for error in app.error]
    assert said.startswith("These networks would take 2,853 MB")
    assert "still shows" not in said
    assert "comparison" not in app.session_state
    app.button(key="cheaper_networks").click().run()
    assert list(healthy(app).error) == []
    assert live(app).frame().seeds == 3
    app = page(view="span", span_seeds="8", hidden_size="256", num_layers="4", batch_size="64")
    (said,) = [error.value for error in app.error]
    assert "points per window" not in said  # which the test decides
    assert "span" not in app.session_state


def test_on_a_full_server_more_is_refused_and_what_is_there_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = page(hidden_size="128", num_layers="2")  # 3 contenders, 2 seeds: 33 MB
    before = live(app)
    monkeypatch.setenv(SERVER_MB, "1500")
    monkeypatch.setattr(memory, "resident", lambda: 3_000_000_000)
    click(app, "step")
    assert list(healthy(app).error) == []
    assert live(app).index == 1
    app.number_input(key="seeds").set_value(8).run()
    (said,) = [error.value for error in healthy(app).error]
    assert "MB of memory. The server's memory is shared by all of its visitors, and " in said
    assert "The page still shows the comparison before." in said
    assert live(app) is before
    monkeypatch.setattr(memory, "resident", lambda: 600_000_000)  # others have gone
    assert list(healthy(app.run()).error) == []
    assert live(app).frame().seeds == 8


def test_a_search_may_be_too_much_where_the_comparison_is_not() -> None:
    app = page(seeds="1", hidden_size="256", num_layers="2", tune_lr="true")
    (said,) = [error.value for error in app.error]
    assert said.startswith("The learning rates are not tuned. These networks would take")
    assert names(app) == ["RNN", "LSTM", "GRU"]
