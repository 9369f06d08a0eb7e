from __future__ import annotations

from pathlib import Path

import dashboard.board.open_run_panel as module
from dashboard.board import panel
from dashboard.board.charts import chart
from dashboard.board.settings import STEPS
from tests.dashboard.board.rooms import class_runs, entry
from tests.dashboard.sent_charts import rows


def test_the_script_looks_for_what_the_page_and_the_chart_have() -> None:
    script = Path(module.__file__).with_name("open_run.js").read_text(encoding="utf-8")
    assert ".st-key-board " in script
    assert 'key="board"' in Path(panel.__file__).read_text(encoding="utf-8")
    assert "datum?.link" in script
    assert "link" in rows(chart(class_runs(entry(1)), STEPS))["points"][0]
