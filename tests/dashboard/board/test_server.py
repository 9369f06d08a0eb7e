from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.board import server
from dashboard.board.store import FOLDER
from tests.dashboard.board.board_page import forget_rooms


def test_all_sessions_share_the_rooms_of_the_folder_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    forget_rooms()
    code = server.store().open().code
    assert server.store() is server.store()
    assert server.store().room(code) is not None
    assert [file.name for file in tmp_path.glob("*.sqlite3")] == ["rooms-1.sqlite3"]
    assert server.reporter().following == 0
    forget_rooms()


def test_outside_of_a_server_nobody_is_there() -> None:
    assert not server._is_here("nobody")
