from __future__ import annotations

import numpy as np
import pytest

from dashboard.compare import laid_log
from dashboard.compare.laid_log import LaidLog
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
    np.testing.assert_allclose(log.bands, np.quantile(losses, [0.5, 0.1, 0.9], axis=0))
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
    assert log.bands.tolist() == [[2, 1]] * 3


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
    with pytest.raises(ValueError, match=r"A log has at most 20 files and 5000000 numbers\."):
        LaidLog.of([csv("a.csv", 2, 1)] * 21)
    monkeypatch.setattr(laid_log, "MOST_TOGETHER", 11)
    LaidLog.of([csv("a.csv", 2, 1)])
    with pytest.raises(ValueError, match=r"at most 20 files and 11 numbers\. Remove it first\."):
        LaidLog.of([csv("a.csv", 2, 1)] * 2)
