"""The page's logic, run by Streamlit's own test runner. Timers never fire there."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from dashboard.train.live_run import LiveRun
from dashboard.train.replay import panel as replay_panel
from rnn_core import RunConfig, Trainer

APP = Path(__file__).parents[3] / "streamlit_app.py"


def page(**query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params.update(query)
    return healthy(app.run())


def healthy(app: AppTest) -> AppTest:
    assert list(app.exception) == []
    return app


def button(app: AppTest, name: str) -> Button:
    """A button of the player; what means another thing while playing has another key then."""
    keys = {"run": ("play", "pause"), "step": ("step_once", "step_out_of_play")}.get(name, (name,))
    (found,) = [shown for shown in app.button if shown.key and shown.key.startswith(keys)]
    return found


def click(app: AppTest, name: str) -> AppTest:
    return healthy(button(app, name).click().run())


def step_and_loss(app: AppTest) -> tuple[int, str]:
    step, loss = (metric.value for metric in app.metric)
    return int(step), loss


def config(app: AppTest) -> RunConfig:
    shown: RunConfig = app.session_state["session"].run.config
    return shown


def test_the_first_page_is_the_tutorials_run_at_step_0() -> None:
    app = page()
    assert config(app) == RunConfig()
    loss = next(Trainer(RunConfig()).steps()).loss
    assert step_and_loss(app) == (0, f"{loss:.4g}")
    assert button(app, "run").label == "Run"
    assert len(app.get("vega_lite_chart")) == 3


def test_charts_arrive_as_arrow_with_an_alternative_text() -> None:
    for chart in page().get("vega_lite_chart"):
        assert chart.proto.alt
        for dataset in chart.proto.datasets:
            assert pa.ipc.open_stream(dataset.data.data).read_all().num_columns > 0


def test_run_plays_pause_stops_and_step_adds_one() -> None:
    app = click(page(pace="20"), "run")
    assert button(app, "run").label == "Pause"
    playing = step_and_loss(app)[0]
    assert playing > 0
    app = click(app, "run")
    assert step_and_loss(app)[0] == playing
    app = click(app, "step")
    assert step_and_loss(app)[0] == playing + 1


def test_reset_gives_the_first_loss_again_and_new_seed_another() -> None:
    app = page()
    first = step_and_loss(app)
    app = click(click(click(app, "step"), "step"), "reset")
    assert step_and_loss(app) == first
    app = click(app, "new_seed")
    assert step_and_loss(app)[0] == 0
    assert step_and_loss(app)[1] != first[1]
    assert config(app).seed == app.session_state["seed"] != 0


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("slider", "hidden_size", 8),
        ("slider", "num_layers", 2),
        ("slider", "window_length", 20),
        ("slider", "points_per_period", 40),
        ("slider", "frequency", 2.0),
        ("slider", "amplitude", 2.0),
        ("slider", "phase", 0.5),
        ("slider", "noise_std", 0.1),
        ("slider", "batch_size", 4),
        ("toggle", "carry_state", False),
        ("number_input", "clip_norm", 1.0),
        ("number_input", "seed", 5),
        ("segmented_control", "cell", "lstm"),
        ("segmented_control", "optimizer", "sgd"),
    ],
)
def test_a_setting_changed_while_playing_starts_again_says_so_and_plays_on(
    kind: str, key: str, value: object
) -> None:
    app = click(page(pace="1"), "run")
    widget = getattr(app, kind)(key=key)
    healthy(widget.set_value(value).run())
    assert getattr(config(app), key) == value
    assert button(app, "run").label == "Pause"
    assert step_and_loss(app)[0] == 1
    assert any("Started again from step 0" in said.value for said in app.caption)


def test_the_learning_rate_changes_without_starting_again() -> None:
    app = click(click(page(), "step"), "step")
    healthy(app.select_slider(key="lr").set_value(0.001).run())
    assert step_and_loss(app)[0] == 2
    assert app.session_state["session"].run.frame().lr == 0.001


def test_settings_that_only_one_choice_needs_appear_with_it() -> None:
    app = page(cell="lstm", optimizer="sgd", noise_std="0.2")
    for kind, key in [
        ("number_input", "forget_bias"),
        ("slider", "momentum"),
        ("number_input", "data_seed"),
    ]:
        assert getattr(app, kind)(key=key) is not None
    healthy(app.number_input(key="forget_bias").set_value(1.0).run())
    assert config(app) == RunConfig(cell="lstm", optimizer="sgd", noise_std=0.2, forget_bias=1.0)


def test_a_link_is_followed_and_what_it_cannot_have_is_said() -> None:
    app = page(cell="gru", lr="0.013", seed="7", hidden_size="999")
    assert config(app) == RunConfig(cell="gru", lr=0.013, seed=7)
    assert [warning.value for warning in app.warning] == [
        "The link asks for hidden_size=999. It must be a whole number from 1 to 256; 32 is used."
    ]
    assert list(click(app, "run").warning) == []


def test_divergence_is_explained_and_reset_brings_the_run_back() -> None:
    app = click(page(optimizer="sgd", lr="1", pace="max"), "run")
    for _ in range(40):
        if app.session_state["session"].run.frame().diverged_at is not None:
            break
        healthy(app.run())
    assert "stopped being a finite number" in app.warning[0].value
    assert button(app, "run").disabled
    app = click(app, "reset")
    assert list(app.warning) == []
    assert not button(app, "run").disabled


def test_the_page_speaks_the_chosen_language() -> None:
    app = page(lang="zh_CN")
    assert button(app, "run").label == "运行"
    healthy(app.selectbox(key="lang").set_value("en").run())
    assert button(app, "run").label == "Run"
    assert app.query_params["lang"] == "en"


@pytest.mark.parametrize(
    "view", ["unrolled", "gates", "gradient", "phase", "spectrum", "weights", "memory", "free"]
)
def test_the_inside_is_shown_and_its_view_is_in_the_link(view: str) -> None:
    app = page(look=view, cell="lstm")
    charts = len(app.get("vega_lite_chart"))
    assert charts > 2
    assert app.segmented_control(key="look").value == view
    app = click(app, "run")
    assert len(app.get("vega_lite_chart")) == charts
    healthy(app.segmented_control(key="look").set_value("state").run())
    assert "look" not in app.query_params
    healthy(app.segmented_control(key="look").set_value(view).run())
    assert app.query_params["look"] == view


def test_one_can_look_back_and_go_on_from_there() -> None:
    app = page()
    assert not [slider for slider in app.slider if slider.key.startswith("moment")]
    for _ in range(6):
        app = click(app, "step")
    losses = app.session_state["session"].run.frame().curve[1]
    (slider,) = [slider for slider in app.slider if slider.key.startswith("moment")]
    assert (slider.value, slider.max) == (6, 6)
    app = healthy(slider.set_value(2).run())
    assert step_and_loss(app) == (2, f"{losses[2]:.4g}")
    assert any("Looking back at step 2 of 6" in said.value for said in app.caption)
    app = click(app, "branch")
    assert step_and_loss(app)[0] == 2
    assert any("Goes on from step 2" in said.value for said in app.caption)
    for step in range(3, 7):
        app = click(app, "step")
        assert step_and_loss(app) == (step, f"{losses[step]:.4g}")


def test_the_run_is_replayed_as_a_replay() -> None:
    app = page(cell="gru")
    assert not [shown for shown in app.button if shown.key == "replay"]
    app = click(click(app, "step"), "step")
    assert not app.get("download_button")
    app = click(app, "replay")
    replay = app.get("vega_lite_chart")[-1].proto
    assert [table.name for table in replay.datasets]
    spec = json.loads(replay.spec)
    assert [signal["name"] for signal in spec["params"]] == ["playing", "stay", "tick", "frame"]
    assert "step 2 of 2" in spec["title"]["text"]["expr"]
    (save,) = app.get("download_button")
    assert save.proto.label == "Save as HTML"
    assert step_and_loss(app)[0] == 2
    # It stands in front of the player, whose keys would train or reset behind it.
    shortcuts = {shown.key: shown.proto.shortcut for shown in app.button}
    assert not shortcuts["step_once"]
    assert not shortcuts["reset"]
    # A run that has begun anew has nothing to replay.
    app = click(app, "reset")
    assert not app.get("download_button")
    assert button(app, "reset").proto.shortcut


def test_a_replay_says_which_settings_it_takes_to_train_the_network_again() -> None:
    run = LiveRun(RunConfig(cell="gru", lr=0.01), clock=lambda: 0.0, engine="torch")
    run.step_once()
    run.configure(RunConfig(cell="gru", lr=0.5))
    run.step_once()
    settings = replay_panel.settings(run).replace("\u00a0", " ").split(" · ")
    assert {"cell gru", "seed 0", "lr 0.01 → 0.5", "carry_state on", "frequency 1"} <= set(settings)
    read_by_others = ("delay", "momentum", "forget_bias")
    assert not [each for each in settings if each.startswith(read_by_others)]


def test_what_takes_long_is_put_in_place_when_all_else_is_drawn() -> None:
    app = click(page(look="phase"), "step")
    said = [text.value for text in app.markdown if "of the state's variance" in text.value]
    assert len(said) == 1
    assert "fixed points:" in said[0]
    (chart,) = app.get("vega_lite_chart")[2:]
    rows = {table.name: table.data.data for table in chart.proto.datasets}
    assert pa.ipc.open_stream(rows["fixed"]).read_all().num_rows > 0


def test_an_update_is_gone_through_phase_by_phase() -> None:
    app = click(page(look="slow", cell="gru"), "step")
    for number in range(6):
        following = [b for b in app.button if b.key.startswith("next ")]
        assert step_and_loss(app)[0] == 1
        assert following[0].label == ("Next update" if number == 5 else "Next phase")
        app = healthy(following[0].click().run())
    assert step_and_loss(app)[0] == 2
    assert app.segmented_control(key="phase of update").value == "forward"


def test_looking_back_the_next_update_is_that_of_then() -> None:
    app = page(look="slow")
    for _ in range(3):
        app = click(app, "step")
    (slider,) = [slider for slider in app.slider if slider.key.startswith("moment")]
    app = healthy(slider.set_value(1).run())
    healthy(app.segmented_control(key="phase of update").set_value("carry").run())
    (following,) = [b for b in app.button if b.key.startswith("next ")]
    app = healthy(following.click().run())
    assert step_and_loss(app)[0] == 2
    assert app.session_state["session"].run.index == 3


def test_slow_motion_waits_until_training_rests() -> None:
    app = click(page(look="slow"), "run")
    assert any("view of the network at rest" in said.value for said in app.caption)


def test_a_free_run_can_be_given_another_wave() -> None:
    app = click(page(look="free"), "step")
    (slider,) = [s for s in app.slider if s.key.startswith("free frequency")]
    before = app.session_state["session"].run.look("free").found.targets
    healthy(slider.set_value(2.0).run())
    looked = app.session_state["session"].run.frame()
    assert looked.step.index == 1
    assert [s.value for s in app.slider if s.key.startswith("free frequency")] == [2.0]
    assert before.shape == (210, 1)
    app = page(look="free", task="lorenz")
    assert app.toggle(key="feed back").value
