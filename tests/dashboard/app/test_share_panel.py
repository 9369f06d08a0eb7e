"""What the Share button is told; that it copies is for the browser's tests."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard.app.share_panel import qr_code

SCRIPT = """
from dashboard.app.share_panel import share
share()
"""


def sent(app: AppTest) -> dict[str, Any]:
    """What the button is told."""
    (data,) = json.loads(app.get("bidi_component")[0].proto.json)
    return dict(data)


def test_its_words_are_translated_data() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert list(app.exception) == []
    data = sent(app)
    assert (data["label"], data["copied"]) == ("Share", "Link copied")


def test_what_is_the_visitor_s_own_is_named_to_be_left_out() -> None:
    assert sent(AppTest.from_string(SCRIPT, default_timeout=60).run())["private"] == []
    private = SCRIPT.replace("share()", 'share(["room"])')
    assert sent(AppTest.from_string(private, default_timeout=60).run())["private"] == ["room"]


def test_a_link_of_any_length_that_is_written_has_a_code() -> None:
    short, longest = (qr_code("https://x.org/?" + "a" * count) for count in (20, 1_950))
    assert short.startswith("<svg")
    assert longest.startswith("<svg")
    assert len(short) < len(longest) < 60_000
    assert "x.org" not in short


def test_the_code_is_that_of_the_address_that_the_browser_shared() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert sent(app)["qr"] == ""
    app.session_state["shared address"] = "https://x.org/?seed=3"
    assert sent(app.run())["qr"] == qr_code("https://x.org/?seed=3")
