from __future__ import annotations

import pytest

from dashboard.board.kept_seat_panel import Kept, checked

SENT = {"room": "K7QM2P", "seat": "token", "key": ""}


def test_what_a_browser_has_kept_is_read() -> None:
    assert checked(SENT) == Kept("K7QM2P", "token", "")


@pytest.mark.parametrize(
    "report",
    [
        None,
        "K7QM2P",
        {},
        SENT | {"room": ""},
        SENT | {"room": "k7qm2p"},
        SENT | {"room": 7},
        SENT | {"seat": None},
        SENT | {"seat": "x" * 65},
        SENT | {"key": ["x"]},
    ],
)
def test_what_no_browser_sends_is_left_out(report: object) -> None:
    assert checked(report) is None
