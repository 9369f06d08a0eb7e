from __future__ import annotations

import pytest

from dashboard.app.link import read_link
from dashboard.app.sidebar import learning_rates
from rnn_core import RULES


def test_learning_rates_climb_by_one_two_five_to_the_limit() -> None:
    rates = learning_rates(RULES["lr"])
    assert rates[:4] == [1e-5, 2e-5, 5e-5, 1e-4]
    assert rates[-1] == 10.0
    assert 0.02 in rates
    assert rates == sorted(set(rates))


def test_a_link_is_read_tolerantly() -> None:
    link = {
        "cell": "LSTM",
        "hidden_size": "64",
        "lr": "0.013",
        "carry_state": "False",
        "clip_norm": "",
        "forget_bias": "1",
        "pace": "max",
        "lang": "zh_CN",
        "embed": "true",
    }
    assert read_link(link) == (
        {
            "cell": "lstm",
            "hidden_size": 64,
            "lr": 0.013,
            "carry_state": False,
            "clip_norm": None,
            "forget_bias": 1.0,
            "pace": "max",
            "lang": "zh_CN",
        },
        [],
    )


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "hidden_size",
            "999",
            "hidden_size=999. It must be a whole number from 1 to 256; 32 is used.",
        ),
        (
            "hidden_size",
            "many",
            "hidden_size=many. It must be a whole number from 1 to 256; 32 is used.",
        ),
        (
            "hidden_size",
            "nan",
            "hidden_size=nan. It must be a whole number from 1 to 256; 32 is used.",
        ),
        ("lr", "-1", "lr=-1. It must be above 0, up to 10; 0.02 is used."),
        ("lr", "nan", "lr=nan. It must be above 0, up to 10; 0.02 is used."),
        ("cell", "lsmt", "cell=lsmt. It must be one of rnn, lstm, gru; rnn is used."),
        ("carry_state", "maybe", "carry_state=maybe. It must be true or false; true is used."),
        ("clip_norm", "0", "clip_norm=0. It must be empty, or above 0, up to 100; off is used."),
        ("pace", "7", "pace=7. It must be one of 1, 5, 20, max; 5 is used."),
        (
            "step_limit",
            "0",
            "step_limit=0. It must be a whole number from 1 to 1000000; 100000 is used.",
        ),
    ],
)
def test_a_link_that_asks_for_what_cannot_be_is_answered(
    name: str, text: str, sentence: str
) -> None:
    assert read_link({name: text}) == ({}, [f"The link asks for {sentence}"])


def test_unknown_names_in_a_link_are_told_with_what_was_probably_meant() -> None:
    values, refusals = read_link({"hiden_size": "3", "q": "1"})
    assert values == {}
    assert refusals == [
        "The link sets hiden_size, which this page does not know. Perhaps hidden_size?",
        "The link sets q, which this page does not know.",
    ]
