"""What the Share button is told; that it copies is for the browser's tests."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

SCRIPT = """
from dashboard.app.share_panel import share
share()
"""


def test_its_words_are_translated_data() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert list(app.exception) == []
    (data,) = json.loads(app.get("bidi_component")[0].proto.json)
    assert (data["label"], data["copied"]) == ("Share", "Link copied")
