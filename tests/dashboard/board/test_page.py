from __future__ import annotations

import subprocess
import sys

from dashboard.board.page import BOARD
from dashboard.board.settings import ROOM
from tests.dashboard.board.board_page import ROOT


def test_the_page_is_one_of_the_app_and_has_a_part_in_all_pages() -> None:
    assert (BOARD.path, BOARD.shows_run) == ("board", False)
    assert ROOM in BOARD.settings
    assert BOARD.companion is not None


def test_what_teachers_alone_need_is_not_imported_with_the_app() -> None:
    code = (
        "import sys; import dashboard.board.page;"
        "print({'dashboard.board.panel', 'dashboard.board.charts', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
