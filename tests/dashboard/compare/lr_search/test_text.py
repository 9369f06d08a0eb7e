from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.compare.lr_search import text as search_words
from rnn_core import LrChoice
from tests.dashboard.searches import finished, search


def test_the_budget_is_said_in_runs_and_steps_and_seeds() -> None:
    assert search_words.budget(search().frame()) == (
        "2 contenders × 5 learning rates × 3 seeds = 30 runs of 20 steps. Learning rates: 0.002, "
        "0.0063, 0.02, 0.063, 0.2. Seeds 2 to 4; the comparison uses seeds 0 to 1."
    )


def test_the_headline_says_what_is_done_and_how_much_of_it() -> None:
    assert search_words.headline(search().frame()) == (
        "**Tuning the learning rates:** 2 contenders × 5 learning rates × 3 seeds = 30 runs of 20 "
        "steps. The comparison follows."
    )


def test_the_status_says_what_follows() -> None:
    frame = search().frame()
    assert "the comparison follows by itself" in search_words.status(frame)
    playing = replace(frame, status=Status.PLAYING)
    assert search_words.status(playing).startswith("Training 30 networks in lockstep")
    assert search_words.status(replace(playing, evaluated=3)).startswith("Evaluating")
    for status in (Status.PAUSED, Status.IDLE, Status.FINISHED):
        assert search_words.status(replace(frame, status=status))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "less than 1 s left"), (12.4, "about 12 s left"), (200.0, "about 3 min left")],
)
def test_what_is_left_is_a_round_number(seconds: float, said: str) -> None:
    frame = replace(search().frame(), index=7, seconds=seconds)
    assert search_words.progress(frame) == f"Step 7 of 20, {said}"


def test_the_rates_are_named_with_their_contenders() -> None:
    live = finished(search())
    carried, reset = (contender.config.lr for contender in live.tuned)
    assert search_words.outcome(live.tuned) == (
        f"Tuned learning rates: carried {carried:g}, reset {reset:g}."
    )


def test_a_rate_at_the_edge_of_the_grid_is_warned_of() -> None:
    contenders = search().frame().contenders
    inside = LrChoice((0.1, 0.2, 0.3), np.array([[3.0], [1.0], [2.0]]))
    edge = LrChoice((0.1, 0.2, 0.3), np.array([[3.0], [2.0], [1.0]]))
    assert search_words.at_edge(contenders, [inside, inside]) == ""
    said = search_words.at_edge(contenders, [inside, edge])
    assert said.startswith("At the edge of the grid, 0.1 to 0.3: reset.")
