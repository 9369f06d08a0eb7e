from __future__ import annotations

import io

import pyarrow.parquet as pq
import pytest

from dashboard.sweeps.table import as_csv, as_parquet, best_rows, train_link, value_name
from tests.dashboard.sweeps.found_sweeps import points, space


def test_values_are_named_as_on_the_other_pages() -> None:
    assert value_name("cell", "gru") == "GRU"
    assert value_name("lr", 0.01) == "0.01"
    assert value_name("lr", 0.00120767) == "0.001208"
    assert value_name("carry_state", True) == "on"


def test_a_point_opens_on_the_train_page_with_its_settings_and_first_seed() -> None:
    link = train_link(space(first_seed=3), {"cell": "gru", "lr": 0.01}, "zh_CN")
    assert link == "./?cell=gru&hidden_size=4&lr=0.01&seed=3&lang=zh_CN"
    usual = {"cell": "rnn", "lr": 0.02}
    assert train_link(space(settings={}, first_seed=13), usual, None) == "./"


def test_the_best_points_come_first_with_their_spread() -> None:
    rows = best_rows(space(), points(), None)
    assert [row["cell"] for row in rows] == ["GRU", "RNN", "RNN"]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert rows[0]["median"] == pytest.approx(0.15)
    assert (rows[0]["lowest"], rows[0]["highest"]) == (0.1, 0.2)
    assert rows[2]["diverged"] == 2


def test_the_files_have_a_row_for_each_network() -> None:
    lines = as_csv(space(), points()).decode().splitlines()
    assert lines[0].startswith("point,state,cell,lr,seed,held_out_loss,median")
    assert lines[1].startswith("0,done,rnn,0.01,0,0.3,0.4")
    assert len(lines) == 1 + 3 * 2 + 1
    table = pq.read_table(io.BytesIO(as_parquet(space(), points())))
    assert table.num_rows == 7
    assert table["held_out_loss"].to_pylist()[4:6] == [0.1, 0.2]
