"""What is larger than a limit is refused with a sentence, before it is read."""

from __future__ import annotations

import pytest

from rnn_core.io.tables import limits, read_table


def test_a_file_is_refused_by_its_size() -> None:
    with pytest.raises(ValueError, match=r"'a\.csv' has 51 MB, more than 50"):
        read_table(b"1," * (limits.MOST_BYTES // 2 + 1), "a.csv")


def test_ten_thousand_columns_are_refused() -> None:
    row = ",".join(["1"] * 10_000)
    with pytest.raises(ValueError, match="has 10000 columns, more than 200"):
        read_table(f"{row}\n{row}".encode(), "a.csv")
    narrow = ",".join(["1"] * limits.MOST_COLUMNS)
    assert len(read_table(f"{narrow}\n{narrow}".encode(), "a.csv").columns) == 200


def test_more_rows_than_the_limit_are_refused() -> None:
    with pytest.raises(ValueError, match="has 2000099 rows, more than 2000000"):
        read_table(b"1\n" * (limits.MOST_ROWS + 100), "a.csv")


def test_a_long_line_is_refused_by_its_number() -> None:
    with pytest.raises(ValueError, match=r"Line 2 of 'a\.csv' has 1000001 characters"):
        read_table(b"a,b\n" + b"x" * (limits.LONGEST_LINE + 1) + b"\n1,2", "a.csv")


def test_a_long_cell_is_refused_by_line_and_column() -> None:
    text = "a,b\n1,2\n3," + "x" * (limits.LONGEST_CELL + 1)
    with pytest.raises(ValueError, match="Line 3, column 'b': the cell has 32768 characters"):
        read_table(text.encode(), "a.csv")


def test_a_table_lists_a_bounded_number_of_problems() -> None:
    head = ",".join(f"c{place}" for place in range(100))
    good, bad = ",".join(["1"] * 100), ",".join(["bad"] * 100)
    table = read_table("\n".join([head, *[good] * 20, *[bad] * 10]).encode(), "a.csv")
    assert len(table.problems) == limits.MOST_PROBLEMS
    assert str(table.problems[0]) == "Line 22, column 'c0': 'bad' is no number."
    assert len([text for text in table.problems if "'c0'" in str(text)]) == 6
    assert len(table.preview) == limits.PREVIEW_ROWS
