from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import psutil
import pytest

from dashboard.app.memory import resident

LINUX = Path("/proc/self/statm").exists()


def test_it_is_what_the_system_s_tools_say() -> None:
    said = psutil.Process().memory_info().rss
    assert resident() == pytest.approx(said if LINUX else 0, rel=0.05)


def test_what_is_used_counts() -> None:
    before = resident()
    block = np.ones(8_000_000)  # 64 MB, written to
    grown = resident() - before
    assert grown > 50_000_000 if LINUX else grown == 0
    assert block[0] == 1


@pytest.mark.parametrize("content", [None, "", "12", "many words here"])
def test_where_the_system_does_not_say_it_is_0(content: str | None, tmp_path: Path) -> None:
    statm = tmp_path / "statm"
    if content is not None:
        statm.write_text(content, encoding="ascii")
    assert resident(statm) == 0
    statm.write_text("900 25 3 4 0 6 0", encoding="ascii")
    assert resident(statm) == 25 * os.sysconf("SC_PAGE_SIZE")
