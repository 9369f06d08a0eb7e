"""Which tests are fast."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import durations

CORE = [f"tests/rnn_core/test_config.py::test_{name}" for name in "abc"]


def test_as_many_of_the_quickest_are_fast_as_there_is_time_for() -> None:
    took = {CORE[0]: durations.BUDGET, CORE[1]: 0.5, CORE[2]: durations.BUDGET / 2}
    assert durations.fast(CORE, took) == {CORE[1], CORE[2]}
    assert durations.fast(CORE, {**took, CORE[2]: durations.BUDGET}) == {CORE[1]}


def test_what_has_never_run_is_fast_but_not_where_streamlit_or_a_browser_is_needed() -> None:
    others = [
        "tests/dashboard/train/test_page.py::test_a",
        "tests/dashboard/train/replay/test_panel.py::test_a",
        "tests/dashboard/charts/test_draw.py::test_a[1]",
        "tests/e2e/test_files.py::test_a",
    ]
    plain = "tests/dashboard/app/test_link.py::test_a[page::]"
    assert durations.fast([*others, *CORE, plain], {}) == {*CORE, plain}


def test_the_last_time_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, "_FILE", tmp_path / "new" / "durations.json")
    assert durations.known() == {}
    durations.keep({"a": 1.0, "b": 2.0})
    durations.keep({"b": 3.0})
    durations.keep({})
    assert durations.known() == {"a": 1.0, "b": 3.0}
