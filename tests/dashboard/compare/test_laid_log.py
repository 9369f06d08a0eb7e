from __future__ import annotations

import numpy as np
import pytest

from dashboard.compare import laid_log
from dashboard.compare.laid_log import MOST_LOGS, Beside, LaidLog
from rnn_core.io.logs import Choice, LogFile, read_log
from tests.rnn_core.io.logs.event_files import event_file


def csv(name: str, *losses: float, column: str = "loss") -> LogFile:
    rows = "\n".join(f"{10 * number},{loss},{2 * loss}" for number, loss in enumerate(losses))
    return read_log(f"step,{column},val\n{rows}".encode(), name)


def test_several_files_are_several_runs_with_the_quantiles_of_numpy() -> None:
    losses = np.array([[4, 2, 1], [5, 3, 2], [6, 1, 3], [9, 9, 9]], float)
    log = LaidLog.of([csv(f"gru_seed{n}.csv", *each) for n, each in enumerate(losses)])
    assert log.choice == Choice(("loss",), "step")
    assert log.log.steps.tolist() == [0, 10, 20]
    np.testing.assert_allclose(log.band.values, np.quantile(losses, [0.5, 0.1, 0.9], axis=0))
    assert log.losses == ["step", "loss", "val"]
    assert log.steps == log.run_columns == ["step", "loss", "val"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["gru.csv"], "gru"),
        (["gru_seed1.csv"], "gru_seed1"),
        (["gru_seed1.csv", "gru_seed2.csv"], "gru"),
        (["12.csv", "13.csv"], "12"),
        (["x" * 60 + ".csv"], "x" * 40),
    ],
)
def test_a_log_is_called_by_its_files(names: list[str], expected: str) -> None:
    log = LaidLog.of([csv(name, 2, 1) for name in names])
    assert log.log.name == expected
    assert log.renamed("  my\n log ").log.name == "my log"
    assert log.renamed(" ") is log


def test_an_event_file_is_called_by_its_tag() -> None:
    file = read_log(event_file(2, 1, tag="train/loss"), "events.out.tfevents.17.host")
    log = LaidLog.of([file])
    assert log.log.name == "train/loss"
    assert log.steps == []
    assert log.band.values.tolist() == [[2, 1]] * 3


def test_other_columns_are_chosen_and_the_name_stays() -> None:
    log = LaidLog.of([csv("a.csv", 2, 1)]).renamed("mine").chosen(Choice(("loss", "val"), "step"))
    assert log.log.name == "mine"
    assert log.log.losses.tolist() == [[2, 1], [4, 2]]
    rows = log.chosen(Choice(("val",)))
    assert rows.log.steps.tolist() == [0, 1]


def test_only_columns_that_all_files_have_are_offered() -> None:
    log = LaidLog.of(
        [csv("a.csv", 2, 1, column="old"), csv("b.csv", 2, 1, column="new")],
        choice=Choice(("val",), "step"),
    )
    assert log.losses == ["step", "val"]
    with pytest.raises(ValueError, match=r"'b\.csv' has no column 'old'"):
        log.chosen(Choice(("old",), "step"))


def test_losses_that_a_logarithmic_axis_cannot_show_are_known() -> None:
    assert LaidLog.of([csv("a.csv", 1, 0)]).has_undrawn
    assert not LaidLog.of([csv("a.csv", 1, 0.5)]).has_undrawn


def test_a_log_is_not_larger_than_a_session_can_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ValueError, match=r"Logs have at most 20 files and 5000000 numbers together\."
    ):
        LaidLog.of([csv("a.csv", 2, 1)] * 21)
    monkeypatch.setattr(laid_log, "MOST_TOGETHER", 11)
    LaidLog.of([csv("a.csv", 2, 1)])
    with pytest.raises(
        ValueError, match=r"at most 20 files and 11 numbers together\. Remove a log"
    ):
        LaidLog.of([csv("a.csv", 2, 1)] * 2)


def test_of_a_long_log_every_beginning_has_points_of_its_own() -> None:
    steps = np.arange(0, 100_000, 2.0)
    file = LogFile("a", points={"loss": (steps, 1 + steps / 1000)})
    log = LaidLog.of([file, file])
    assert len(log.band.steps) == 400
    for end in (25.0, 33.0, 1000.0, 40_001.0):
        band = log.drawn(end)
        assert band.steps[-1] == end
        assert len(band.steps) >= min(end / 2, 195)
        # Each point is the mean since the one before it.
        since = np.diff(band.steps, prepend=-2)
        expected = 1 + (band.steps - (since - 2) / 2) / 1000
        np.testing.assert_allclose(band.values[0][:-1], expected[:-1])
        assert band.values[0][-1] == pytest.approx(1 + end / 1000, rel=0.01)
    for end in (None, 99_998.0, 1e9):
        assert log.drawn(end) is log.band


def test_a_short_log_ends_where_it_is_cut_on_its_own_line() -> None:
    log = LaidLog.of([csv("a.csv", 8, 4, 2)])
    assert log.beginnings == ()
    band = log.drawn(15)
    assert band.steps.tolist() == [0, 10, 15]
    assert band.values.tolist() == [[8, 4, 3]] * 3
    assert log.drawn(10).steps.tolist() == [0, 10]
    late = LaidLog.of([LogFile("b", points={"loss": (np.array([50.0, 60]), np.ones(2))})])
    assert late.drawn(20).steps.tolist() == []


def test_logs_have_slots_that_stay_and_one_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Beside()
    for number in range(MOST_LOGS):
        assert beside.free_slot() == number
        beside = beside.with_log(LaidLog.of([csv(f"{number}.csv", 2, 1)], slot=number))
    with pytest.raises(ValueError, match="At most 3 logs lie beside a comparison"):
        beside.free_slot()
    less = beside.without(1)
    assert [each.slot for each in less.logs] == [0, 2]
    assert less.free_slot() == 1
    again = less.with_log(less.logs[1].renamed("other"))
    assert [each.log.name for each in again.logs] == ["0", "other"]
    assert again.logs[1].chosen(Choice(("val",), "step")).slot == 2
    monkeypatch.setattr(laid_log, "MOST_TOGETHER", 17)
    with pytest.raises(ValueError, match="17 numbers together"):
        less.with_log(LaidLog.of([csv("a.csv", 2, 1)], slot=1))


def test_logs_end_with_the_contenders_unless_these_have_not_begun() -> None:
    assert Beside().end(300, 20) == 300
    assert Beside().end(3, 20) == 20
    assert Beside().end(0, 20) is None
    assert Beside(whole=True).end(300, 20) is None
