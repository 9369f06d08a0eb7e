from __future__ import annotations

import pytest

from dashboard.app.language import use_language
from dashboard.board import text
from dashboard.board.report import (
    DIVERGED,
    GONE,
    PAUSED,
    PLAYING,
    READY,
    STOPPED,
    WITHHELD,
)
from tests.dashboard.board.rooms import class_runs, entry, room, seeds


def test_a_code_is_read_out_in_two_groups() -> None:
    assert text.spaced("K7QM2P").split() == ["K7Q", "M2P"]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_status_has_a_name(language: str) -> None:
    use_language(language)
    kinds = (READY, PLAYING, PAUSED, STOPPED, DIVERGED, WITHHELD, GONE)
    names = {text.status_name(each) for each in kinds}
    use_language("en")
    assert len(names) == len(kinds)
    if language == "zh_CN":
        assert not any(name.isascii() for name in names)


def test_who_is_in_the_room_and_what_they_do() -> None:
    seats = room([entry(1), entry(2), entry(3, status=PLAYING), entry(4, status=DIVERGED)])
    said = text.room_line(seats, 1.0)
    assert said == "**In the room: 4** · training: 1 · paused: 2 · diverged: 1"
    assert "training" not in text.room_line(seats, 100.0)  # silent for long
    assert text.beginning().startswith("**Nobody has joined yet.**\n\n1. ")


def test_what_all_runs_have_in_common_is_what_does_not_differ() -> None:
    runs = class_runs(entry(1, "cell=gru&lr=0.01&clip_norm=1"), entry(2, "lr=0.01&clip_norm=1"))
    said = text.common_line(runs, ("cell",))
    assert said.startswith("The same for all: sin → cos · hidden units ")
    assert "learning rate 0.01" in said
    assert "clipping 1" in said
    assert "cell" not in said
    assert text.common_line(runs[:1], ()).startswith("sin → cos · cell GRU")


def test_the_lesson_of_thirty_seeds_has_their_quartiles() -> None:
    said = text.lesson(seeds([0.1, 0.2, 0.3, 0.4, 0.9]))
    assert said == (
        "**5 runs of one setting; only the seed differs.** Held-out loss at step 98: median 0.30, "
        "the middle half from 0.20 to 0.40, the lowest 0.10, the highest 0.90. One run says "
        "little about a setting: compare medians over seeds."
    )
    assert text.lesson(seeds([0.1, 0.2])) == ""


def test_runs_that_are_not_equally_far_are_said_to_be_so() -> None:
    early, late = entry(1, "seed=1", judged_at=100), entry(2, "seed=2", judged_at=1_500)
    said = text.lesson(class_runs(early, late, entry(3, "seed=3", judged_at=500)))
    assert "at steps 100 to 1,500" in said
    assert said.endswith("Wait until all have come to the same step, or set a step limit.")


def test_why_runs_have_no_point() -> None:
    assert text.left_out(seeds([0.1, 0.2])) == ""
    runs = class_runs(entry(1, status=DIVERGED), entry(2, loss=None), entry(3, loss=None))
    assert text.left_out(runs) == "Diverged, without a point: 1 · Without a held-out loss yet: 2"


def test_floors_that_differ_are_told() -> None:
    assert "floors" not in text.how_to_read(floors=True)
    assert "so do their floors" in text.how_to_read(floors=False)


def test_a_run_says_whose_it_is_and_how_far() -> None:
    run, hidden, lost = class_runs(
        entry(1, "cell=gru&hidden_size=7&seed=9", 0.0612, judged_at=1_200),
        entry(2, hidden=True),
        entry(3, "seed=3", None, status=DIVERGED),
    )
    settings = "GRU · hidden units 7 · learning rate 0.02 · seed 9"
    assert text.run_name(run) == "Pupil 1"
    assert text.run_line(run) == f"{settings} · held-out loss 0.061 at step 1,200"
    assert text.run_name(hidden) == "Seat 2"
    assert text.run_line(lost).endswith("· seed 3")
