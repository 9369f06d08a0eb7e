from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from tests.dashboard.train_page import button, click, healthy, page, slider, step_and_loss


def test_looking_back_and_continuing_from_there() -> None:
    app = page()
    at_rest = slider(app, "resting")
    assert at_rest.disabled
    for _ in range(6):
        app = click(app, "step")
    losses = app.session_state["session"].run.frame().curve[1]
    moment = slider(app, "moment")
    assert (moment.value, moment.max) == (6, 6)
    app = healthy(moment.set_value(2).run())
    assert step_and_loss(app) == (2, f"{losses[2]:.4g}")
    assert any("Looking back at step 2 of 6" in said.value for said in app.markdown)
    app = click(app, "branch")
    assert step_and_loss(app)[0] == 2
    assert any("Continues from step 2" in said.value for said in app.markdown)
    for step in range(3, 7):
        app = click(app, "step")
        assert step_and_loss(app) == (step, f"{losses[step]:.4g}")


def test_the_slider_follows_a_view_that_moves_on_and_does_not_pull_it_back() -> None:
    app = page()
    for _ in range(4):
        app = click(app, "step")
    app = healthy(slider(app, "moment").set_value(1).run())
    app.session_state["session"].run.look_back(3)  # as slow motion does, with its timer
    app = healthy(app.run())
    assert (step_and_loss(app)[0], slider(app, "moment").value) == (3, 3)
    app = healthy(slider(app, "moment").set_value(0).run())
    assert step_and_loss(app)[0] == 0


def test_a_step_leads_on_from_the_past_and_a_run_that_plays_leaves_it() -> None:
    app = page(pace="1")
    for _ in range(4):
        app = click(app, "step")
    app = healthy(slider(app, "moment").set_value(1).run())
    app = click(app, "step")
    assert (step_and_loss(app)[0], slider(app, "moment").value) == (2, 2)
    assert app.session_state["session"].run.index == 4
    app = click(app, "run")
    assert step_and_loss(app)[0] > 4
    assert slider(app, "resting").disabled
    assert button(app, "branch").disabled
    assert button(app, "replay").disabled


def downloads(app: AppTest) -> list[str]:
    """What can be saved: the replay, beside the files of the header."""
    return [button.proto.label for button in app.get("download_button")]


def test_the_replay_opens_in_front_of_the_player() -> None:
    app = page(cell="gru")
    assert button(app, "replay").disabled
    app = click(click(app, "step"), "step")
    assert "Save as HTML" not in downloads(app)
    app = click(app, "replay")
    replay = app.get("vega_lite_chart")[-1].proto
    assert [table.name for table in replay.datasets]
    spec = json.loads(replay.spec)
    assert [signal["name"] for signal in spec["params"]] == ["playing", "stay", "tick", "frame"]
    assert "step 2 of 2" in spec["title"]["text"]["expr"]
    assert "Save as HTML" in downloads(app)
    assert step_and_loss(app)[0] == 2
    # It stands in front of the player, whose keys would train or reset behind it.
    shortcuts = {shown.key: shown.proto.shortcut for shown in app.button}
    assert not shortcuts["step_once"]
    assert not shortcuts["reset"]
    # A run that has begun anew has nothing to replay.
    app = click(app, "reset")
    assert "Save as HTML" not in downloads(app)
    assert button(app, "reset").proto.shortcut


def test_a_network_without_snapshots_cannot_look_back_and_says_so() -> None:
    app = click(page(cell="lstm", hidden_size="256", num_layers="4"), "step")
    assert not [shown for shown in app.slider if "moment" in str(shown.key)]
    assert any("too large to look back" in said.value for said in app.caption)


def test_a_branch_is_told_in_the_readers_language() -> None:
    app = click(click(page(lang="zh_CN"), "step"), "step")
    app = click(healthy(slider(app, "moment").set_value(1).run()), "branch")
    assert any("从第 1 步继续" in said.value for said in app.markdown)
