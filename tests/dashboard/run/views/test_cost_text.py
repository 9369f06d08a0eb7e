from __future__ import annotations

import pytest

from dashboard.app.language import use_language
from dashboard.run.views import cost, cost_text
from dashboard.run.views.registry import view
from rnn_core import RunConfig, build_task

CONFIG = RunConfig(cell="lstm", hidden_size=256, num_layers=4, window_length=200)
TASK = build_task(CONFIG)


def test_it_says_how_long_a_view_would_take_and_what_is_enough() -> None:
    said = cost_text.too_much(view("spectrum"), CONFIG, TASK)
    near = cost.nearest(view("spectrum"), CONFIG, TASK)
    assert said == (
        "With these settings this view would take ≈\u202f2.3 s to compute; the limit is 1 s. "
        f"One of these is enough to see it: **Hidden units** at most {near['hidden_size']}, or "
        f"**Layers** at most {near['num_layers']}."
    )


def test_where_no_setting_helps_by_itself_smaller_ones_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cost, "AT_REST", 0.0)
    said = cost_text.too_much(view("spectrum"), CONFIG, TASK)
    assert said.endswith("the limit is 0 s. Choose smaller settings to see it.")


def test_it_says_when_a_slow_view_is_drawn() -> None:
    said = cost_text.drawn_at_rest(view("unrolled"), CONFIG, TASK)
    assert "takes ≈\u202f0.11 s to compute" in said
    assert said.endswith("Press **Pause** to see it.")
    assert "**Pause**" in cost_text.next_at_rest()


def test_it_says_so_in_chinese() -> None:
    use_language("zh_CN")
    try:
        said = cost_text.too_much(view("spectrum"), CONFIG, TASK)
        assert "**隐藏单元数**" in said
        assert said.endswith("。")
        assert "{" not in said + cost_text.drawn_at_rest(view("unrolled"), CONFIG, TASK)
    finally:
        use_language("en")
