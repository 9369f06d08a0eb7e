from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app.restrictions import ALL
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import NumberExercise, prose
from dashboard.learn.registry import LESSONS, lesson
from rnn_core import RunConfig
from rnn_core.messages import translate
from tests.dashboard.learn_page import page, predict, texts
from tests.dashboard.runs import go_on
from tests.dashboard.train_page import button, click, healthy


def others(app: AppTest) -> list[str]:
    """Keys of the buttons that lead to other lessons."""
    keys = [shown.key or "" for shown in app.button]
    return [key for key in keys if key.startswith(("lesson_", "top_", "before", "after"))]


def test_a_lesson_opens_once_a_prediction_is_made() -> None:
    app = page()
    assert app.header[0].value == "1. One network for each data point"
    assert prose("memoryless", "en") not in texts(app)
    assert len(app.get("vega_lite_chart")) == 1
    app = predict(app, "memoryless", 2)
    assert prose("memoryless", "en") in texts(app)
    assert ":material/radio_button_checked: **Somewhere between**" in texts(app)
    assert dict(app.query_params) == {"answers": "1c"}
    assert len(app.get("vega_lite_chart")) >= 3


def test_the_result_comes_once_the_run_has_decided_and_agrees_with_the_run() -> None:
    app = predict(page(lesson="memory"), "memory", 0)
    assert "The result comes at step 400" in texts(app)
    run = app.session_state["learn session"].run
    while run.index < 400:
        go_on(run, 400 - run.index)
    app = healthy(app.run())
    assert "**Not as you predicted.** Below 0.10." in texts(app)
    frame = run.frame()
    found = lesson("memory").measure(Runs(frame.config.seed, frame.engine))
    assert found.said.values["loss"] == frame.verdict.loss.mean
    assert f"**What happened:** Below 0.10. {translate(found.said, str)}" in texts(app)


def test_running_stops_where_the_question_is_decided_and_can_go_on() -> None:
    app = click(predict(page(lesson="shapes"), "shapes", 2), "run")
    run = app.session_state["learn session"].run
    while run.index < 50:
        app = healthy(app.run())
    app = healthy(app.run())
    assert run.index == 50
    assert button(app, "run").label == "Run"
    assert "**As you predicted.**" in texts(app)
    assert "| (4,\N{NO-BREAK SPACE}10,\N{NO-BREAK SPACE}1) |" in texts(app)
    app = click(click(app, "run"), "run")
    assert run.index > 50


def test_a_question_about_an_untrained_network_is_decided_at_once() -> None:
    app = predict(page(lesson="vanishing"), "vanishing", 1)
    assert "**Not as you predicted.** In none of the three." in texts(app)


def test_another_seed_has_a_result_of_its_own() -> None:
    app = predict(page(lesson="vanishing"), "vanishing", 2)
    before = texts(app)
    app = click(app, "new_seed")
    assert app.session_state["learn session"].run.config.seed != RunConfig().seed
    assert "| RNN |" in texts(app)
    assert texts(app) != before


def test_another_run_of_a_lesson_can_be_watched() -> None:
    app = predict(page(lesson="carry"), "carry", 1)
    assert not app.session_state["learn session"].run.config.carry_state
    healthy(app.segmented_control(key="variant_carry_en").set_value("carried").run())
    assert app.session_state["learn session"].run.config.carry_state


def test_the_network_of_lesson_one_has_no_memory_even_after_a_reset() -> None:
    app = predict(page(), "memoryless", 1)
    app = click(click(click(app, "step"), "reset"), "step")
    model = app.session_state["learn session"].run.frame
    trainer = app.session_state["learn session"].run._now.trainer
    assert model().step.index == 1
    assert float(trainer.model.rnn.weight_hh_l0.abs().max()) == 0


def test_lessons_are_chosen_from_the_list_or_by_the_way_on() -> None:
    app = page()
    (listed,) = [shown for shown in app.sidebar.button if shown.key == "lesson_curve"]
    healthy(listed.click().run())
    assert app.header[0].value == "5. Reading a loss curve"
    (on,) = [shown for shown in app.button if shown.key == "top_after_6"]
    healthy(on.click().run())
    assert app.query_params["lesson"] == "collapse"
    (back,) = [shown for shown in app.button if shown.key == "top_before_5"]
    healthy(back.click().run())
    assert app.query_params["lesson"] == "curve"


def test_an_assigned_lesson_hides_the_others() -> None:
    app = page(lesson="carry", hide="lessons")
    assert others(app) == []
    app = predict(app, "carry", 0)
    assert dict(app.query_params) == {"lesson": "carry", "hide": "lessons", "answers": "4a"}


def test_the_link_that_assigns_a_lesson_is_shown_in_the_list_and_not_in_what_it_opens() -> None:
    shown = [code.value for code in page(lesson="curve", seed="7").sidebar.code]
    assert [link.partition("?")[2] for link in shown] == [
        "lesson=curve&hide=lessons",
        "lesson=curve&seed=7&lock=true",
    ]
    assert list(page(lesson="curve", hide="lessons").sidebar.code) == []


LOCKED = frozenset({ALL})


def test_a_locked_lesson_has_one_seed_one_prediction_and_no_way_out() -> None:
    app = predict(page(lesson="carry", seed="7", lock="true"), "carry", 0)
    assert others(app) == []
    assert not [shown for shown in app.button if shown.key == "new_seed"]
    assert "Train page" not in texts(app)
    assert app.session_state["learn session"].run.config.seed == 7
    assert "to hand them in, copy it" in "".join(shown.value for shown in app.caption)
    assert not [shown for shown in app.radio if (shown.key or "").startswith("predict")]
    # As the browser's way back does: the address of before, in the same session.
    app.session_state["chosen settings"] = {"lesson": "carry", "seed": 7, "lock": LOCKED}
    app = healthy(app.run())
    assert ":material/radio_button_checked: **To 0.55" in texts(app)


def test_the_list_shows_what_is_predicted_and_solved() -> None:
    app = page(lesson="carry", answers="1bs.2c")
    icons = {shown.key: shown.icon for shown in app.sidebar.button}
    assert icons["lesson_memoryless"] == ":material/check_circle:"
    assert icons["lesson_memory"] == ":material/incomplete_circle:"
    assert icons["lesson_shapes"] == ":material/radio_button_unchecked:"


def test_the_first_picture_is_whole_and_a_reset_goes_back_to_step_0() -> None:
    run = page(lesson="carry").session_state["learn session"].run
    assert len(run.frame().windows) == run.frame().layout.windows == 4
    assert page(lesson="vanishing").session_state["learn session"].run.index == 0
    app = click(predict(page(lesson="carry"), "carry", 1), "reset")
    assert app.session_state["learn session"].run.index == 0


def test_what_a_link_cannot_have_is_said() -> None:
    app = page(lesson="twelve", answers="99z")
    assert len(app.warning) == 2
    assert app.header[0].value.startswith("1.")


@pytest.mark.parametrize("key", LESSONS)
def test_every_lesson_opens_in_chinese(key: str) -> None:
    number = lesson(key).number
    app = page(lang="zh_CN", lesson=key, answers=f"{number}a")
    assert prose(key, "zh_CN") in texts(app)
    assert "见分晓" in texts(app) or "你的预测" in texts(app)
    assert app.subheader[-1].value == "对应的代码"
    kind = "number_input" if isinstance(lesson(key).exercise, NumberExercise) else "radio"
    assert getattr(app, kind)(key=f"exercise_{key}_zh_CN").label == "你的答案"
