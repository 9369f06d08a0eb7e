"""What the browser is told of the terms; that it shows them is for the browser's tests."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from dashboard.app.glossary import ANCHOR, definitions

SCRIPT = """
from dashboard.app.terms_panel import terms
terms()
"""


def test_the_browser_gets_every_definition() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert list(app.exception) == []
    data = json.loads(app.get("bidi_component")[0].proto.json)
    assert data == [ANCHOR, definitions()]
