from __future__ import annotations

import pytest

from dashboard.sweeps.axes_text import (
    BEGINNING,
    VARIED,
    beginning,
    from_text,
    options,
    plain_axes,
    plain_axis,
    to_text,
)
from rnn_core import SETTINGS
from rnn_core.experiments.sweep import Space


def test_values_and_intervals_are_read_as_a_space_has_them() -> None:
    assert plain_axis("cell", "rnn, gru") == ["rnn", "gru"]
    assert plain_axis("hidden_size", "4,16,4") == [4, 16]
    assert plain_axis("clip_norm", "none,1") == [None, 1.0]
    spread = {"low": 0.001, "high": 0.1, "log": True, "points": 5}
    assert plain_axis("lr", "0.001..0.1 x5") == spread
    assert plain_axis("lr", "0.001…0.1×5") == spread
    assert plain_axis("lr", "1e-3..0.1") == spread
    assert plain_axis("hidden_size", "8..16x3") == {
        "low": 8,
        "high": 16,
        "log": False,
        "points": 3,
    }


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("lr", "0.1,fast", "`lr` must be above 0"),
        ("lr", "-1", "`lr` must be above 0"),
        ("lr", "0.1..0.01x3", "the lower end first"),
        ("lr", "0.01..0.1x1", "2 to 100 values"),
        ("hidden_size", "2.5", "`hidden_size` must be a whole number"),
        ("cell", "tree", "`cell` must be one of"),
        ("cell", " , ", "`cell` has no value to try"),
        ("lr", "1" * 401, "at most 400 characters"),
    ],
)
def test_what_is_impossible_is_refused_in_a_sentence(name: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        plain_axis(name, text)


def test_a_link_carries_the_axes_there_and_back() -> None:
    text = "cell:rnn,gru;lr:0.001..0.1x5"
    assert from_text(text) == (("cell", "rnn,gru"), ("lr", "0.001..0.1x5"))
    assert to_text(from_text(text)) == text
    assert from_text(to_text(BEGINNING)) == BEGINNING
    assert to_text((("lr", "0.1, 0.2"),)) == "lr:0.1,0.2"
    assert from_text("") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("seed:1,2", "each setting once"),
        ("lr:0.1;lr:0.2", "each setting once"),
        ("cell:tree", "must be one of"),
        ("cell:rnn;lr:1;hidden_size:2;num_layers:1;momentum:0.5", "At most 4 settings"),
    ],
)
def test_a_link_that_names_no_axes_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        from_text(text)


def test_nothing_that_varies_is_refused() -> None:
    with pytest.raises(ValueError, match="Nothing varies"):
        plain_axes(())


@pytest.mark.parametrize("name", VARIED)
def test_every_setting_begins_with_values_that_a_space_takes(name: str) -> None:
    text = beginning(name, SETTINGS[name].default)
    assert Space(axes=plain_axes(((name, text),))).size >= 1


def test_settings_with_few_values_offer_them() -> None:
    assert "gru" in options("cell")
    assert options("carry_state") == ("true", "false")
    assert options("lr") == options("clip_norm") == ()
