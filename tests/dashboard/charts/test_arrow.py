from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dashboard.charts.arrow import Table, joined, numbers, read, where, words

SAMPLES = Table(place=float, step=int, h=np.float32, signal=str)


def rows(*steps: int) -> bytes:
    column = np.array(steps)
    return SAMPLES.rows(column / 2, column, column.astype(np.float32), [f"s{n}" for n in steps])


def test_rows_come_back_as_they_were_sent() -> None:
    place, step = np.array([0.5, -1.0, 2.0]), np.array([3, 1, 2])
    h = np.array([0.1, 0.2, 0.3], np.float32)
    table = read(SAMPLES.rows(place, step, h, ["a", "b", "a"]))
    assert table.column_names == ["place", "step", "h", "signal"]
    assert table.schema.types == [pa.float64(), pa.int64(), pa.float32(), pa.string()]
    np.testing.assert_array_equal(table["place"], place)
    np.testing.assert_array_equal(table["step"], step)
    np.testing.assert_array_equal(table["h"], h)
    assert table["signal"].to_pylist() == ["a", "b", "a"]


def test_an_empty_table_has_its_columns() -> None:
    table = read(SAMPLES.empty)
    assert (table.num_rows, table.num_columns) == (0, 4)


def test_joined_datasets_are_numbered() -> None:
    table = read(joined([rows(1, 2), SAMPLES.empty, rows(5)], "frame"))
    assert table.column_names == ["place", "step", "h", "signal", "frame"]
    assert table["frame"].to_pylist() == [0, 0, 2]
    assert table["step"].to_pylist() == [1, 2, 5]
    assert table["place"].to_pylist() == [0.5, 1.0, 2.5]
    assert table["signal"].to_pylist() == ["s1", "s2", "s5"]


def test_joined_datasets_are_one_batch_of_the_same_rows_in_any_grouping() -> None:
    one = joined([rows(1, 2, 3)], "frame")
    assert pa.ipc.open_stream(one).read_next_batch().num_rows == 3
    two = read(joined([rows(1), rows(2, 3)], "frame"))
    assert two.drop_columns("frame") == read(one).drop_columns("frame")


def test_words_are_repeated_in_their_order() -> None:
    assert words(("input", "target"), 2).to_pylist() == ["input", "input", "target", "target"]
    assert words(("input",), 3) is words(("input",), 3)


def test_columns_are_made_of_numbers_and_of_what_a_mask_keeps() -> None:
    column = numbers(np.array([3, 1, 2], np.int16))
    assert column.type == pa.int16()
    assert column.take(where(np.array([True, False, True]))).to_pylist() == [3, 2]
    assert column.take(where(np.zeros(3, bool))).to_pylist() == []


def test_words_come_back_in_any_script_and_whole_floats_as_integers() -> None:
    table = read(SAMPLES.rows(np.array([1, 2]), [1.0, 2.0], [0.5, 1], ["第 1 步", ""]))
    assert table["signal"].to_pylist() == ["第 1 步", ""]
    assert table["step"].to_pylist() == [1, 2]
    assert table["h"].to_pylist() == [0.5, 1.0]


@pytest.mark.parametrize(
    "columns",
    [
        ([1.0], [1], [1.0], [1]),
        ([1.0], [1, 2], [1.0], ["a"]),
        (["not a number"], [1], [1.0], ["a"]),
        ([1.0], ["1.5"], [1.0], ["a"]),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns: tuple[list[object], ...]) -> None:
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError, ValueError)):
        SAMPLES.rows(*columns)  # type: ignore[arg-type]


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(ValueError, match="argument 2 is longer"):
        SAMPLES.rows([1.0], [1])
