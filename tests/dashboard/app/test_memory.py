from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from dashboard.app.memory import resident, unchanged_libraries

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


MAPPED = """\
1000-3000 r-xp 00000000 fe:00 11 /lib/libone.so.6
Rss:                   8 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
3000-4000 r--p 00002000 fe:00 11 /lib/libone.so.6
Anonymous:             4 kB
4000-5000 rw-p 00003000 fe:00 11 /lib/libone.so.6
Anonymous:             0 kB
5000-9000 r--p 00000000 fe:00 12 /a place/two.cpython-311-x86_64-linux-gnu.so
Anonymous:             0 kB
9000-a000 r--p 00000000 fe:00 13 /etc/data
Anonymous:             0 kB
a000-b000 r-xp 00000000 00:00 0
Anonymous:             0 kB
"""


def test_only_what_nobody_has_written_to_or_may_is_given_back(tmp_path: Path) -> None:
    smaps = tmp_path / "smaps"
    smaps.write_text(MAPPED, encoding="utf-8")
    assert list(unchanged_libraries(smaps)) == [(0x1000, 0x2000), (0x5000, 0x4000)]


GIVE_BACK = """
import numpy as np
from dashboard.app.memory import give_back_libraries, resident
rng = np.random.default_rng(0)
matrix = rng.standard_normal((60, 60))
solved = np.linalg.solve(matrix, np.ones(60))
before = resident()
give_back_libraries()
after = resident()
again = np.linalg.solve(matrix, np.ones(60))
print(before - after, np.array_equal(solved, again))
"""


def test_libraries_that_were_given_back_go_on_working() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVE_BACK],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    freed, same = done.stdout.split()
    assert same == "True"
    assert int(freed) > 5_000_000 if LINUX else int(freed) == 0
