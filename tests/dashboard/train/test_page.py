"""The page's logic, run by Streamlit's own test runner. Timers never fire there."""

from __future__ import annotations

from types import SimpleNamespace

import pyarrow as pa
import pytest

from dashboard.app import memory
from dashboard.app.limits import SERVER_MB
from dashboard.app.player import CROWD
from dashboard.run.live_run import LiveRun
from dashboard.train import page as module
from rnn_core import RunConfig, Trainer
from tests.dashboard.clock import Clock
from tests.dashboard.runs import go_on
from tests.dashboard.train_page import button, click, config, healthy, page, step_and_loss


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


@pytest.mark.parametrize(
    ("playing", "expected"),
    [
        (CROWD - 1, ["figure", "loss", "view"] * 2),
        (CROWD, ["figure", "loss", "figure", "view"]),
    ],
)
def test_in_a_crowd_the_loss_and_the_view_take_turns(
    monkeypatch: pytest.MonkeyPatch, playing: int, expected: list[str]
) -> None:
    run, drawn = LiveRun(RunConfig(hidden_size=4)), []  # type: ignore[var-annotated]
    run.play()
    run.tick(1, 100, active_runs=playing)
    monkeypatch.setattr(module, "draw", lambda *given: drawn.append("figure"))
    panel = object.__new__(module.Panel)
    place = SimpleNamespace(metric=lambda *given, **more: None)
    panel._run, panel._updates, panel._written = run, 0, float("inf")
    panel._figure = panel._losses = None
    panel._loss = panel._step = place
    panel._view = SimpleNamespace(update=lambda frame: drawn.append("view"))  # type: ignore[assignment]
    monkeypatch.setattr(module.Panel, "_draw_loss", lambda *given: drawn.append("loss"))
    panel.update()
    panel.update()
    assert drawn == expected


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
    assert config(app).seed == app.number_input(key="seed").value != RunConfig().seed


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("slider", "hidden_size", 8),
        ("slider", "num_layers", 2),
        ("slider", "window_length", 20),
        ("slider", "points_per_period", 40),
        ("slider", "frequency", 2.0),
        ("slider", "amplitude", 2.0),
        ("select_slider", "phase", 0.5),
        ("slider", "noise_std", 0.1),
        ("slider", "batch_size", 4),
        ("toggle", "carry_state", False),
        ("number_input", "clip_norm", 1.0),
        ("number_input", "seed", 5),
        ("selectbox", "cell_en", "lstm"),
        ("selectbox", "initialisation_en", "orthogonal"),
        ("toggle", "single_bias", True),
        ("selectbox", "optimizer_en", "sgd"),
    ],
)
def test_a_setting_changed_while_playing_starts_again_says_so_and_plays_on(
    kind: str, key: str, value: object
) -> None:
    app = click(page(pace="1"), "run")
    widget = getattr(app, kind)(key=key)
    healthy(widget.set_value(value).run())
    assert getattr(config(app), key.removesuffix("_en")) == value
    assert button(app, "run").label == "Pause"
    assert step_and_loss(app)[0] == 1
    assert any("Started again from step 0" in said.value for said in app.markdown)


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
        "The link asks for `hidden_size`=`999`. It must be a whole number from 1 to 256. "
        "32 is used instead."
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
    healthy(app.menu_button(key="language_menu").click("en").run())
    assert button(app, "run").label == "Run"
    assert app.query_params["lang"] == "en"


@pytest.mark.parametrize(
    "query",
    [
        {"phase": "3.1415"},
        {"phase": "-3.14159"},
        {"phase": "3.141592653589793"},
        {"clip_norm": "0.001", "lr": "1e-9"},
        {"seed": "2147483647", "step_limit": "1e6", "task": "adding", "clip_norm": ""},
        {"task": "copy", "window_length": "21", "forget_bias": "-5", "cell": "lstm"},
    ],
)
def test_whatever_the_rules_allow_can_be_asked_for(query: dict[str, str]) -> None:
    app = page(**query)
    assert list(app.warning) == []
    click(app, "step")
    assert set(app.query_params) == set(query)


@pytest.mark.parametrize(
    "query",
    [
        {"step_limit": "inf", "seed": "1e400", "lr": "nan"},
        {"step_limit": "-inf", "seed": "9" * 400, "lr": ""},
        {"hidden_size": "", "carry_state": "", "task": "", "cell": "LSTM ", "lang": "tlh"},
        {"window_length": "1e400", "clip_norm": "inf", "phase": "4", "look": "*", "pace": "0"},
        {"forget_bias": "1e999", "cell": "lstm", "momentum": "-1", "optimizer": "sgd", "x": ""},
    ],
)
def test_whatever_they_do_not_allow_is_refused_and_leaves_the_address(
    query: dict[str, str],
) -> None:
    app = page(**query)
    allowed = {"cell": "lstm", "optimizer": "sgd"}
    kept = {name: value for name, value in query.items() if allowed.get(name) == value}
    assert len(app.warning) == len(query) - len(kept)
    assert dict(app.query_params) == kept
    click(app, "step")


def test_of_a_repeated_parameter_the_last_is_read() -> None:
    assert config(page(hidden_size=["7", "9"])).hidden_size == 9  # type: ignore[arg-type]


def test_early_stopping_is_offered_where_a_task_validates_and_stops_the_run() -> None:
    assert not [box for box in page().number_input if "Early stopping" in box.label]
    app = page(task="series", hidden_size="6", lr="0.05", pace="max", early_stopping="4")
    (patience,) = [box for box in app.number_input if "Early stopping" in box.label]
    assert patience.value == 4
    run = app.session_state["session"].run
    go_on(run, 2_000)
    app = healthy(app.run())
    early = run.frame().stopped_early
    assert early is not None
    assert any(f"Stopped early at step {early.step}: " in said.value for said in app.markdown)
    best = button(app, "go_best")
    assert best.label == f"Go to the best step, {early.best_step}"
    app = click(app, "go_best")
    assert step_and_loss(app)[0] == early.best_step
    assert not button(app, "branch").disabled
    (patience,) = [box for box in app.number_input if "Early stopping" in box.label]
    app = healthy(patience.set_value(None).run())
    assert "early_stopping" not in app.query_params


def test_a_step_that_would_take_too_long_is_refused_and_the_run_before_plays_on() -> None:
    app = click(page(pace="1", window_length="200", num_layers="4", batch_size="64"), "run")
    before = app.session_state["session"].run
    app.slider(key="hidden_size").set_value(256).run()
    (said,) = [error.value for error in healthy(app).error]
    assert "floating-point operations, and this server allows 30 billion" in said
    assert "The page still shows the run before." in said
    assert button(app, "run").label == "Pause"
    assert app.session_state["session"].run is before
    assert config(app).hidden_size == 32
    healthy(app.button(key="cheaper_hidden_size").click().run())
    assert list(app.error) == []
    assert config(app).hidden_size == 235


def test_on_a_full_server_a_larger_network_is_refused_and_the_run_plays_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = click(page(pace="1", cell="lstm", num_layers="4", hidden_size="128"), "run")
    monkeypatch.setenv(SERVER_MB, "1500")
    monkeypatch.setattr(memory, "resident", lambda: 3_000_000_000)
    app.slider(key="hidden_size").set_value(256).run()
    (said,) = [error.value for error in healthy(app).error]
    assert "shared by all of its visitors, and 20 MB are left" in said
    assert "The page still shows the run before." in said
    assert button(app, "run").label == "Pause"
    healthy(app.button(key="cheaper_hidden_size").click().run())
    assert list(app.error) == []
    assert 128 < config(app).hidden_size < 256


def test_a_link_to_a_step_that_would_take_too_long_offers_what_would_not() -> None:
    app = page(window_length="200", num_layers="4", batch_size="64", hidden_size="256")
    assert "session" not in app.session_state
    (said,) = [error.value for error in app.error]
    assert "still shows" not in said
    healthy(app.button(key="cheaper_batch_size").click().run())
    assert list(app.error) == []
    assert config(app).batch_size == 54


def test_a_value_that_was_on_its_way_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("dashboard.app.widgets.monotonic", clock)
    app = click(page(), "new_seed")
    drawn = config(app).seed
    assert drawn != RunConfig().seed
    # A browser that has not yet drawn the new seed sends the old one with its next click.
    app.number_input(key="seed").set_value(RunConfig().seed)
    click(app, "step")
    assert config(app).seed == drawn
    assert step_and_loss(app)[0] == 1
    assert app.number_input(key="seed").value == drawn
    # Later it is the visitor who wants it.
    clock.now += 2
    healthy(app.number_input(key="seed").set_value(RunConfig().seed).run())
    assert config(app).seed == RunConfig().seed
