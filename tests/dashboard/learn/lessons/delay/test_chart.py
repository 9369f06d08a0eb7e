from __future__ import annotations

from dashboard.learn.lessons.delay.chart import Best, best, chart, results
from tests.dashboard.sent_charts import datasets_in, rows, svg


def row(cell: str, delay: int, lr: float, loss: float) -> dict[str, str]:
    return {"cell": cell, "delay": str(delay), "lr": str(lr), "held_out_loss": str(loss)}


def test_each_delay_has_the_rate_with_the_lowest_median() -> None:
    found = best(
        [
            *(row("gru", 2, 0.01, loss) for loss in (0.3, 0.1, 0.9)),
            *(row("gru", 2, 0.03, loss) for loss in (0.4, 0.4, 0.01)),
            row("rnn", 4, 0.01, 0.5),
        ]
    )
    assert found == (
        Best("gru", 2, 0.01, (0.3, 0.1, 0.9)),
        Best("rnn", 4, 0.01, (0.5,)),
    )
    assert found[0].median == 0.3


def test_the_kept_results_are_of_all_cells_delays_and_seeds() -> None:
    found = results()
    assert [each.delay for each in found] == 3 * [2, 4, 8, 12, 16, 20]
    assert list(dict.fromkeys(each.cell for each in found)) == ["rnn", "lstm", "gru"]
    assert {len(each.losses) for each in found} == {5}
    at_16 = {each.cell: each.median for each in found if each.delay == 16}
    # What the lesson and the guide say.
    assert at_16["rnn"] < 1e-4
    assert at_16["gru"] > 0.05
    assert at_16["lstm"] > 0.2


def test_the_chart_has_a_line_a_cell_every_seed_and_the_loss_of_guessing() -> None:
    drawn = chart(results())
    found = rows(drawn)
    assert len(found["points"]) == 18
    assert len(found["seeds"]) == 90
    assert found["guess"] == [{"loss": 1.0, "label": "guessing: 1"}]
    rnn = [each for each in found["points"] if each["contender"] == "RNN"]
    lstm = [each for each in found["points"] if each["contender"] == "LSTM"]
    # Beside each other, so that no spread hides another.
    assert all(left["at"] < right["at"] for left, right in zip(rnn, lstm, strict=True))
    assert datasets_in(drawn.spec) == set(drawn.tables)
    assert "held-out loss" in svg(drawn)
