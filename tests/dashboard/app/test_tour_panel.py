"""What the browser is told of a tour; that it shows it is for the browser's tests."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

SCRIPT = """
from dashboard.app.tour_panel import Stop, button, tour
tour([Stop(".here", "Here", "Something.")])
button()
"""


def told(app: AppTest) -> Any:
    assert list(app.exception) == []
    (data,) = json.loads(app.get("bidi_component")[0].proto.json)
    return data


def test_the_browser_gets_the_stops_and_how_often_the_tour_was_asked_for() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    data = told(app)
    assert data["stops"] == [{"target": ".here", "title": "Here", "text": "Something."}]
    assert data["asked"] == 0
    app.button(key="take_tour").click().run()
    app.run()
    assert told(app)["asked"] == 1
