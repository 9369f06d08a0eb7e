"""A file on its way to a series."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.data.draft import Draft
from rnn_core.cli.data import Data

ROWS = [f"{day:02d}.01.2024;{day},5;{day * 10}" for day in range(1, 29)]
FILE = "\n".join(["Tag;Umsatz;Gäste", *ROWS]).encode()


def test_a_file_becomes_a_series_of_its_columns_of_numbers() -> None:
    draft = Draft.read("a.csv", FILE)
    assert draft.series is not None
    assert draft.problem is None
    assert draft.time == "Tag"
    assert draft.series.columns == ("Umsatz", "Gäste")
    assert draft.series.name == "a.csv"
    assert draft.series.column("Umsatz")[2] == 3.5
    assert str(draft.series.times[-1]).startswith("2024-01-28")  # type: ignore[index]
    assert draft.report is not None


def test_the_command_line_reads_the_same_series(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(FILE)
    draft = Draft.read("a.csv", FILE)
    assert draft.series is not None
    assert Data.read(tmp_path / "a.csv").series.digest == draft.series.digest


def test_a_column_that_is_mostly_empty_takes_no_rows_with_it() -> None:
    rows = [f"{n},{n * 2},{n if n < 3 else ''}" for n in range(30)]
    draft = Draft.read("a.csv", "\n".join(["a,b,c", *rows]).encode())
    assert draft.series is not None
    assert draft.series.columns == ("a", "b")
    assert len(draft.series) == 30


def test_a_correction_reads_it_again_and_an_impossible_one_changes_nothing() -> None:
    draft = Draft.read("a.csv", FILE)
    before = draft.series
    draft.correct(decimal=".")
    assert draft.table.found.decimal == "."
    draft = Draft.read("a.csv", FILE)
    draft.use(time="Umsatz")
    assert draft.series is not None
    assert draft.series.columns == ("Gäste",)
    draft.use(time="Nirgends")
    assert draft.problem is not None
    assert draft.series.columns == ("Gäste",)
    draft.use(time="Tag")
    assert draft.problem is None
    assert before is not None
    assert draft.series.digest == before.digest


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        Draft.read("a.csv", b"")
