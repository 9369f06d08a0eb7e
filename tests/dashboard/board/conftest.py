"""Rooms of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.board.store import FOLDER
from tests.dashboard.board.board_page import forget_rooms


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the rooms; the server knows none but those in it."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    forget_rooms()
    yield tmp_path
    forget_rooms()
