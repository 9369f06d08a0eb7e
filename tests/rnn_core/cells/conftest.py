from __future__ import annotations

from collections.abc import Callable

import pytest

from rnn_core import CELLS, Cell, register_cell

Register = Callable[[Cell], Cell]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Register cells for the time of the test."""
    monkeypatch.setattr(CELLS, "_items", dict(CELLS._items))
    return register_cell
