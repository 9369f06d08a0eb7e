from __future__ import annotations

from streamlit.testing.v1 import AppTest

SCRIPT = """
from dashboard.train.replay import panel
assert not panel.is_open()
panel.open_replay()
assert panel.is_open()
panel.close()
assert not panel.is_open()
"""


def test_the_replay_is_open_from_a_click_until_it_is_closed() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert list(app.exception) == []
