from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashboard.app import text as words
from dashboard.app.language import use_language
from rnn_core import CELLS, RULES, RunConfig
from rnn_core.messages import Message


@dataclass
class Frame:
    """How fast a run advances."""

    steps_per_second: float | None = None
    redraws_per_second: float | None = None
    active_runs: int = 1


def test_a_paused_run_has_no_speed() -> None:
    assert words.speed(Frame()) == ""


def test_a_run_slowed_by_others_says_so_and_one_at_full_speed_does_not() -> None:
    said = words.speed(Frame(20.0, 4.25, 7))
    assert ":small[ · 20 steps per second]" in said
    assert "slower: 7 runs share this server, yours is redrawn 4.2 times" in said
    assert "slower" not in words.speed(Frame(20.0, 12.0, 7))
    assert "slower" not in words.speed(Frame(20.0, 4.25, 1))


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("hidden_size", "a whole number from 1 to 256"),
        ("cell", f"one of {', '.join(CELLS)}"),
        ("carry_state", "true or false"),
        ("clip_norm", "empty, or above 0, up to 100"),
        ("seed", "a whole number from 0 to 2147483647"),
        ("noise_std", "from 0 to 2"),
    ],
)
def test_rules_in_words(name: str, rule: str) -> None:
    assert words.rule_words(RULES[name]) == rule


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("clip_norm", None, "off"),
        ("forget_bias", None, "PyTorch's default"),
        ("carry_state", True, "on"),
        ("lr", 0.02, "0.02"),
        ("hidden_size", 32, "32"),
    ],
)
def test_values_as_the_sidebar_shows_them(name: str, value: object, shown: str) -> None:
    assert words.shown(name, value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x", "`x`"),
        ("", "`''`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a\n\n# b", "`a  # b`"),
        ("x" * 80, f"`{'x' * 80}`"),
        ("x" * 81, f"`{'x' * 79}…`"),
        ("a\u202eb", "`a b`"),
    ],
)
def test_foreign_text_is_a_code_span(text: str, shown: str) -> None:
    assert words.plain(text) == shown


@given(st.text(alphabet="`![](){}<>*_:$\\\n \u202e ab~|#&;") | st.text())
def test_foreign_text_is_one_code_span_whatever_it_is(text: str) -> None:
    (block, inline, end) = MarkdownIt("commonmark").parse(f"a={words.plain(text)}.")
    assert (block.type, end.type) == ("paragraph_open", "paragraph_close")
    assert [token.type for token in inline.children or []] == ["text", "code_inline", "text"]


def test_errors_of_the_core_are_in_the_readers_language() -> None:
    with pytest.raises(ValueError, match="lr must be a positive number") as caught:
        RunConfig(lr=-1)
    assert words.problem(caught.value) == str(caught.value)
    try:
        use_language("zh_CN")
        assert words.problem(caught.value) == "lr 必须是正数，得到的是 -1。可用 0.02。"
    finally:
        use_language("en")
    assert words.problem(ValueError("some other")) == "some other"


@pytest.mark.parametrize(
    "text",
    ["hidden_size", "rnn.weight_ih_l0", "(3, 4)", "'abc'", "-1.5e-05", "`a*b`, `c`", "季节 2024"],
)
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    assert words.harmless(text) == text


@given(st.text(alphabet="`![](){}<>*_:$\\ \u202eab~|#&;.w/@") | st.text())
def test_no_value_of_an_error_is_markup(text: str) -> None:
    for error in (
        Message("Unknown column {value!r} of {name}.", {"value": text, "name": text}),
        ValueError(text or "a"),
    ):
        (_open, inline, _close) = MarkdownIt("commonmark").parse(f"a={words.problem(error)}.")
        kinds = {token.type for token in inline.children or []}
        assert kinds <= {"text", "code_inline"}


def test_the_engine_is_told_with_the_reason_for_pytorch() -> None:
    assert words.engines(["compiled"]) == ":small[ · compiled engine]"
    assert words.engines(["torch"]) == ":small[ · PyTorch engine]"
    reason = Message("{n} reasons", {"n": 2})
    assert words.engines(["torch", "torch"], reason) == ":small[ · PyTorch engine: 2 reasons]"
    said = words.engines(["torch", "compiled", "torch"], reason)
    assert said == ":small[ · compiled engine for 1 of 3 networks]"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0.01333, "0.013"), (0.1, "0.10"), (0.55, "0.55"), (12.3, "12"), (0.0000123, "1.2e-05")],
)
def test_two_digits_say_enough_of_a_loss(number: float, said: str) -> None:
    assert words.two_digits(number) == said


def test_numbers_that_differ_look_different() -> None:
    assert words.apart(0.01, 0.1) == ("0.010", "0.10")
    assert words.apart(0.0996, 0.1) == ("0.0996", "0.100")
    assert words.apart(0.1, 0.1)[0] == words.apart(0.1, 0.1)[1]


def test_a_setting_has_a_name_in_words_and_an_unknown_one_that_of_its_key() -> None:
    assert words.setting_name("lr") == "learning rate"
    assert words.setting_name("made_up") == "made_up"
    plain = {name for name in RULES if words.setting_name(name) == name}
    assert not any("_" in name for name in plain)
