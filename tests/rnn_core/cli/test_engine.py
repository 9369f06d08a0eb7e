from __future__ import annotations

import threading

import pytest

from rnn_core.cli import engine as module
from rnn_core.cli.engine import chosen_engine


@pytest.mark.parametrize(
    ("asked", "steps", "chosen", "waits"),
    [
        (None, 100, "auto", False),
        (None, 5_000, "auto", True),
        ("auto", 5_000, "auto", True),
        ("torch", 5_000, "torch", False),
        ("compiled", 100, "compiled", False),
    ],
)
def test_a_long_run_waits_for_the_compiled_engine(
    asked: str | None, steps: int, chosen: str, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Event()

    def prepare() -> threading.Thread:
        thread = threading.Thread(target=ready.set)
        thread.start()
        return thread

    monkeypatch.setattr(module, "prepare_compiled", prepare)
    assert chosen_engine(asked, steps) == chosen
    assert ready.is_set() == waits
