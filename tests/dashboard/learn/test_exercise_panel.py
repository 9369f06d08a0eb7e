from __future__ import annotations

from tests.dashboard.learn_page import page
from tests.dashboard.train_page import healthy


def test_an_exercise_says_whether_the_answer_is_right_and_the_link_keeps_it() -> None:
    app = page(lesson="carry", answers="4b")
    answer = app.number_input(key="exercise_carry_en")
    answer.set_value(0.5)
    (check,) = [shown for shown in app.button if shown.label == "Check"]
    healthy(check.click().run())
    assert [shown.value for shown in app.warning] == ["Not yet. Try once more."]
    app.number_input(key="exercise_carry_en").set_value(0.167)
    (check,) = [shown for shown in app.button if shown.label == "Check"]
    healthy(check.click().run())
    assert app.success[0].value.startswith("Right. One point in six")
    assert dict(app.query_params) == {"lesson": "carry", "answers": "4bs"}


def test_an_exercise_with_options_is_solved_by_the_right_one() -> None:
    app = page(lesson="following", answers="11a")
    app.radio(key="exercise_following_en").set_value(1)
    (check,) = [shown for shown in app.button if shown.label == "Check"]
    healthy(check.click().run())
    assert app.query_params["answers"] == "11as"
