"""A few hundred hostile inputs; `python -m tests.faults.strangers` takes thousands."""

from __future__ import annotations

import re

import pytest

from dashboard.app.text import plain
from tests.faults import strangers


def test_three_hundred_hostile_inputs_do_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    strangers.main(["--inputs", "300", "--seed", "7"])
    said = capsys.readouterr().out
    assert said.startswith("300 inputs in ")
    for kind in (*strangers.KINDS, "page", "paste"):
        found = re.search(rf"{kind} (\d+) \((\d+) answered in words\)", said)
        assert found is not None
        assert int(found[1]) >= 6


@pytest.mark.parametrize("text", strangers.MARKUP)
def test_markup_that_is_shown_as_such_would_be_found(text: str) -> None:
    with pytest.raises(AssertionError, match="markup in"):
        strangers.check_text(f"The file is called {text}.", "table")
    strangers.check_text(f"The file is called {plain(text)}.", "table")


def test_a_path_of_the_server_would_be_found() -> None:
    with pytest.raises(AssertionError, match="dashboard"):
        strangers.check_text(f"No such file: {strangers.ROOT}/dashboard", "table")
