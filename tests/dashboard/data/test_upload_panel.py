"""Bringing a series of one's own."""

from __future__ import annotations

import math

import pytest

from dashboard.app import memory
from dashboard.app.limits import SERVER_MB
from tests.dashboard.data_page import page, paste
from tests.dashboard.train_page import healthy

TABLE = "\n".join(
    ["month\tsales\tvisits", *(f"{n}\t{math.sin(n / 3):.3f}\t{n % 12}" for n in range(300))]
)


def test_a_pasted_table_becomes_the_series_and_a_bad_one_loses_nothing() -> None:
    app = paste(page(), TABLE)
    assert "300 rows" in " ".join(shown.value for shown in app.markdown)
    assert app.multiselect[0].options == ["month", "sales", "visits"]
    assert app.query_params["file"].startswith("pasted:")
    app = paste(app, "no table at all")
    assert any("What was there before stays." in error.value for error in app.error)
    assert "300 rows" in " ".join(shown.value for shown in app.markdown)


def test_on_a_full_server_a_large_table_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    app = paste(page(), TABLE)
    monkeypatch.setenv(SERVER_MB, "1500")
    monkeypatch.setattr(memory, "resident", lambda: 1_480_000_000)
    large = TABLE + "\n" + "2024-01\t1\t2\n" * 500_000
    app = paste(app, large)
    said = app.error[0].value
    assert "and 20 MB are left: wait until others have gone, or give fewer rows." in said
    assert "What was there before stays." in said
    assert "300 rows" in " ".join(shown.value for shown in app.markdown)
    assert not any("memory" in error.value for error in paste(app, TABLE).error)


def test_how_it_was_read_is_shown_and_can_be_corrected() -> None:
    app = paste(page(), TABLE)
    labels = {shown.label: shown for shown in app.selectbox}
    assert labels["Separator"].value == "\t"
    app = healthy(labels["Time column"].set_value("month").run())
    assert app.multiselect[0].options == ["sales", "visits"]
    # Choosing a bundled series leaves the file.
    labels = {shown.label: shown for shown in app.selectbox}
    app = healthy(labels["Bundled series"].set_value("co2").run())
    assert "file" not in app.query_params
    assert "Mauna Loa" in " ".join(shown.value for shown in app.markdown)


def test_a_link_to_somebodys_file_says_so_and_shows_an_example() -> None:
    app = page(file="sales.csv:0123456789abcdef", inputs="sales")
    assert "`sales.csv`" in app.info[0].value
    assert "`0123456789abcdef`" in app.info[0].value
    assert "3120 rows" in " ".join(shown.value for shown in app.markdown)
