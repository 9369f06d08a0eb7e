from __future__ import annotations

import json
from datetime import datetime

import pytest

from dashboard.app import journal


def test_an_event_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    journal.note(journal.REFUSED, gflop=106.2)
    journal.note(journal.FAILED, number="a1b2c3")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first == {"event": "run refused", "gflop": 106.2}
    assert second["number"] == "a1b2c3"
