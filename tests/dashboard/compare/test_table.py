from __future__ import annotations

from dataclasses import replace

import numpy as np

from dashboard.compare.table import curves_table, seeds_table, summary_table
from rnn_core import RunConfig
from tests.dashboard.comparisons import after, comparison


def test_the_summary_has_medians_and_counts() -> None:
    frame = after(25, comparison(seeds=4)).frame()
    reached = np.array([[3, 5, np.nan, 4], [np.nan] * 4, [1, 2, 3, 4]], float)
    table = summary_table(frame, reached)
    assert table["contender"].tolist() == ["RNN", "LSTM", "GRU"]
    assert table["parameters"].tolist() == list(frame.parameter_counts)
    assert frame.held_out is not None
    losses = frame.held_out.losses
    np.testing.assert_allclose(table["held_out"], np.median(losses, axis=1))
    ranges = [[f"{bound:.2g}" for bound in np.quantile(own, [0.1, 0.9])] for own in losses]
    assert table["range"].tolist() == ["–".join(each) for each in ranges]
    np.testing.assert_allclose(table["online"], np.median(frame.online, axis=1))
    assert table["reached"].tolist() == ["3 / 4", "0 / 4", "4 / 4"]
    np.testing.assert_array_equal(table["steps"], [4, np.nan, 2.5])
    assert "hidden_size" not in table  # the same for all, and in the sidebar
    assert "accuracy" not in table
    assert "diverged" not in table
    assert "follows" not in table


def test_before_the_first_evaluation_there_is_no_held_out_loss() -> None:
    frame = after(3, comparison()).frame()
    table = summary_table(frame, np.full((3, 3), np.nan))
    assert table["held_out"].isna().all()
    assert table["range"].tolist() == [""] * 3
    np.testing.assert_allclose(table["online"], np.median(frame.online, axis=1))
    rows = seeds_table(frame, np.full((3, 3), np.nan))
    assert rows[["held_out_loss", "held_out_step"]].isna().all(axis=None)


def test_sizes_stand_where_they_differ() -> None:
    frame = comparison(seeds=1).frame()
    contenders = tuple(
        replace(contender, config=replace(contender.config, hidden_size=size))
        for contender, size in zip(frame.contenders, (4, 2, 3), strict=True)
    )
    table = summary_table(replace(frame, contenders=contenders), np.full((3, 1), np.nan))
    assert table["hidden_size"].tolist() == [4, 2, 3]


def test_the_nrmse_stands_where_the_variance_of_the_target_is_given() -> None:
    frame = after(25, comparison(seeds=2)).frame()
    reached = np.full((3, 2), np.nan)
    assert "nrmse" not in summary_table(frame, reached)
    table = summary_table(replace(frame, target_variance=0.25), reached)
    np.testing.assert_allclose(table["nrmse"], 2 * np.sqrt(table["held_out"]))


def test_whose_weights_follow_the_signal_is_counted() -> None:
    frame = after(25, comparison(seeds=2)).frame()
    follows = np.array([[True, True], [False, True], [False, False]])
    frame = replace(frame, follows_signal=follows)
    table = summary_table(frame, np.full((3, 2), np.nan))
    assert table["follows"].tolist() == ["2 / 2", "1 / 2", "0 / 2"]
    rows = seeds_table(frame, np.full((3, 2), np.nan))
    assert rows["weights_follow_signal"].tolist() == follows.ravel().tolist()
    assert frame.held_out is not None
    np.testing.assert_array_equal(rows["held_out_loss"], frame.held_out.losses.ravel())
    assert (rows["held_out_step"] == 25).all()


def test_what_has_diverged_is_counted_and_left_out_of_the_median() -> None:
    frame = after(2, comparison(seeds=3)).frame()
    online, alive = frame.online.copy(), frame.alive.copy()
    online[0] = [np.inf, 1.0, 3.0]
    alive[0, 0] = False
    table = summary_table(replace(frame, online=online, alive=alive), np.full((3, 3), np.nan))
    assert table["diverged"].tolist() == ["1 / 3", "0 / 3", "0 / 3"]
    assert table["online"][0] == 2.0


def test_accuracy_stands_where_answers_are_right_or_wrong() -> None:
    order = RunConfig(task="temporal_order", window_length=10, batch_size=4, hidden_size=4)
    frame = comparison(order).frame()
    table = summary_table(frame, np.full((3, 3), np.nan))
    np.testing.assert_allclose(table["accuracy"], np.median(frame.accuracy, axis=1))  # type: ignore[arg-type]


def test_a_file_has_a_row_for_every_network_with_its_settings() -> None:
    frame = after(2, comparison(seeds=2, first_seed=7)).frame()
    table = seeds_table(frame, np.arange(6.0).reshape(3, 2))
    assert table["seed"].tolist() == [7, 8] * 3
    assert table["cell"].tolist() == ["rnn", "rnn", "lstm", "lstm", "gru", "gru"]
    assert table["steps_to_threshold"].tolist() == list(range(6))
    np.testing.assert_array_equal(table["mean_loss_of_last_steps"], frame.online.ravel())
    assert (table["step"] == 2).all()


def test_the_curves_go_into_a_file_as_they_are() -> None:
    frame = after(4, comparison(seeds=2)).frame()
    table = curves_table(frame)
    assert len(table) == 3 * 5
    lstm = table[table["contender"] == "LSTM"]
    np.testing.assert_array_equal(lstm["median"], frame.curves.median[1])
    np.testing.assert_array_equal(lstm["step"], frame.curves.steps)
