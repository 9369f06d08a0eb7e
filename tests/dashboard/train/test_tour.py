from __future__ import annotations

from dashboard.train.tour import stops


def test_five_stops_each_at_another_place() -> None:
    assert [stop.title for stop in stops()] == [
        "Settings",
        "Player",
        "Signals and hidden state",
        "Loss and floors",
        "What next?",
    ]
    assert len({stop.target for stop in stops()}) == 5
