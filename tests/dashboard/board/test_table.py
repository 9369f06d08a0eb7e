from __future__ import annotations

from dashboard.board.report import DIVERGED, WITHHELD
from dashboard.board.runs import runs_of, varied
from dashboard.board.store import Report
from dashboard.board.table import rows
from tests.dashboard.board.rooms import FLOORS, entry, room


def test_the_lowest_loss_comes_first_and_whoever_has_none_last() -> None:
    seats = room(
        [
            entry(1, "cell=lstm&forget_bias=1&hidden_size=4&seed=3", 0.3),
            entry(2, "hidden_size=8&seed=4", 0.05, hidden=True),
            entry(3, "hidden_size=4&seed=5", 0.7, status=DIVERGED),
            entry(4, report=Report(WITHHELD)),
        ]
    )
    runs = runs_of(seats, 1.0)
    found = rows(seats, runs, varied(runs), "en", 1.0)
    assert [row["nickname"] for row in found] == ["–", "Pupil 1", "Pupil 3", "Pupil 4"]
    assert list(found[0]) == [
        *("nickname", "link", "cell", "hidden_size", "seed", "step", "loss", "ratio", "floor"),
        "status",
    ]
    assert found[0] == {
        "nickname": "–",
        "link": "./?hidden_size=8&seed=4&lang=en",
        "cell": "RNN",
        "hidden_size": 8,
        "seed": 4,
        "step": 100,
        "loss": 0.05,
        "ratio": 0.5,
        "floor": "memory inside a window",
        "status": "paused",
    }
    assert (found[1]["cell"], found[1]["floor"]) == ("LSTM", "constant")
    assert (found[2]["loss"], found[2]["ratio"], found[2]["status"]) == (None, None, "diverged")
    assert found[3]["status"] == "a series, not shown"
    assert set(found[3].values()) == {"Pupil 4", None, "a series, not shown"}


def test_a_run_that_no_link_makes_has_its_numbers_and_no_link() -> None:
    report = Report("playing", "", 30, 0.4, 28, False, FLOORS)
    seats = room([entry(1), entry(2, report=report)])
    (_first, row) = rows(seats, runs_of(seats, 1.0), (), None, 1.0)
    assert (row["link"], row["step"], row["loss"], row["status"]) == (None, 30, 0.4, "training")


def test_settings_that_are_no_numbers_are_words_and_those_not_read_are_missing() -> None:
    seats = room([entry(1, "cell=lstm&forget_bias=1&optimizer=sgd"), entry(2, "clip_norm=1")])
    runs = runs_of(seats, 1.0)
    found = rows(seats, runs, ("optimizer", "forget_bias", "clip_norm"), None, 1.0)
    assert [row["optimizer"] for row in found] == ["sgd", "adam"]
    assert [row["forget_bias"] for row in found] == [1.0, None]
    assert [row["clip_norm"] for row in found] == ["off", 1.0]
