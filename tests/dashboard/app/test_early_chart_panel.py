"""The head start: in the first run of a session alone, and without a slow import before it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from streamlit.delta_generator import DeltaGenerator

from tests.dashboard.train_page import APP, healthy, page


def test_a_session_begins_with_a_chart_that_is_gone_when_the_page_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []
    enqueue = DeltaGenerator._enqueue

    def record(self: DeltaGenerator, kind: str, *given: Any, **options: Any) -> DeltaGenerator:
        sent.append(kind)
        return enqueue(self, kind, *given, **options)

    monkeypatch.setattr(DeltaGenerator, "_enqueue", record)
    app = page()
    assert sent[:4] == ["empty", "html", "vega_lite_chart", "empty"]
    charts = sent.count("vega_lite_chart")
    assert len(app.get("vega_lite_chart")) == charts - 1
    sent.clear()
    healthy(app.run())
    assert sent.count("vega_lite_chart") == charts - 1


def test_nothing_slow_is_imported_before_it() -> None:
    code = (
        "import sys\n"
        "from dashboard.app.early_chart_panel import early_chart\n"
        "with early_chart(): print(sorted({'torch', 'pandas', 'altair'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=APP.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
