from __future__ import annotations

import pytest

from dashboard.run.views.viewed_run import ViewedFrame, ViewedRun
from tests.dashboard.runs import run_after


@pytest.mark.parametrize("protocol", [ViewedRun, ViewedFrame])
def test_a_live_run_and_its_frames_have_all_that_views_use(protocol: type) -> None:
    run = run_after(1)
    found = run if protocol is ViewedRun else run.frame()
    members = [name for name in vars(protocol) if not name.startswith("_")]
    assert len(members) >= 8
    assert [name for name in members if not hasattr(found, name)] == []
